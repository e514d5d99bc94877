//! The lines of one row group, column by column.

use crate::share::{ShareError, SharedCell, SharedColumn, SharedRow};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray,
    FixedLenByteArrayType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use plumbline_analysis::align::RowVerdict;
use plumbline_model::{CellStatus, Origin, Usd};
use std::io::{self, Write};

/// The columns, in the order in which [`Group::write`] writes them. A cost is exact to 18 decimals.
pub(super) const SCHEMA: &str = "message comparison {
    REQUIRED BYTE_ARRAY case_key (STRING);
    REQUIRED BYTE_ARRAY column (STRING);
    OPTIONAL BYTE_ARRAY run_id (STRING);
    OPTIONAL BYTE_ARRAY model (STRING);
    OPTIONAL BYTE_ARRAY verdict (STRING);
    OPTIONAL BOOLEAN passed;
    OPTIONAL DOUBLE score;
    REQUIRED GROUP kinds (LIST) { REPEATED GROUP list { REQUIRED BYTE_ARRAY element (STRING); } }
    OPTIONAL BYTE_ARRAY reason (STRING);
    OPTIONAL BYTE_ARRAY status (STRING);
    OPTIONAL BYTE_ARRAY origin (STRING);
    OPTIONAL DOUBLE latency_ms;
    OPTIONAL INT64 tokens_in (INTEGER(64, false));
    OPTIONAL INT64 tokens_out (INTEGER(64, false));
    OPTIONAL FIXED_LEN_BYTE_ARRAY(16) cost_usd (DECIMAL(38, 18));
    OPTIONAL INT32 repeats (INTEGER(32, false));
    OPTIONAL INT32 distinct (INTEGER(32, false));
    REQUIRED GROUP labels (LIST) { REPEATED GROUP list { REQUIRED BYTE_ARRAY element (STRING); } }
    REQUIRED GROUP notes (LIST) { REPEATED GROUP list { REQUIRED BYTE_ARRAY element (STRING); } }
    OPTIONAL BYTE_ARRAY expected (STRING);
    OPTIONAL BYTE_ARRAY text (STRING);
    OPTIONAL BYTE_ARRAY tool_calls_json (STRING);
    REQUIRED BYTE_ARRAY variables_json (STRING);
}";

const COST_DECIMALS: u32 = 18;

/// Values that are there, and for each line whether it has one (Dremel's definition levels).
struct Optional<T: DataType> {
    values: Vec<T::T>,
    defined: Vec<i16>,
}

impl<T: DataType> Default for Optional<T> {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            defined: Vec::new(),
        }
    }
}

impl<T: DataType> Optional<T> {
    fn add(&mut self, value: Option<T::T>) {
        self.defined.push(i16::from(value.is_some()));
        self.values.extend(value);
    }
}

/// Lists of texts; a repetition level of 0 begins a new one.
#[derive(Default)]
struct Lists {
    values: Vec<ByteArray>,
    defined: Vec<i16>,
    repeated: Vec<i16>,
}

impl Lists {
    fn add(&mut self, texts: &[String]) {
        if texts.is_empty() {
            self.defined.push(0);
            self.repeated.push(0);
        }
        for (at, text) in texts.iter().enumerate() {
            self.values.push(bytes(text));
            self.defined.push(1);
            self.repeated.push(i16::from(at > 0));
        }
    }
}

/// What is gathered until a row group is full.
#[derive(Default)]
pub(super) struct Group {
    pub(super) lines: usize,
    /// Bytes of text, which is nearly all there is.
    pub(super) bytes: usize,
    case_key: Vec<ByteArray>,
    column: Vec<ByteArray>,
    run_id: Optional<ByteArrayType>,
    model: Optional<ByteArrayType>,
    verdict: Optional<ByteArrayType>,
    passed: Optional<BoolType>,
    score: Optional<DoubleType>,
    kinds: Lists,
    reason: Optional<ByteArrayType>,
    status: Optional<ByteArrayType>,
    origin: Optional<ByteArrayType>,
    latency_ms: Optional<DoubleType>,
    tokens_in: Optional<Int64Type>,
    tokens_out: Optional<Int64Type>,
    cost_usd: Optional<FixedLenByteArrayType>,
    repeats: Optional<Int32Type>,
    distinct: Optional<Int32Type>,
    labels: Lists,
    notes: Lists,
    expected: Optional<ByteArrayType>,
    text: Optional<ByteArrayType>,
    tool_calls_json: Optional<ByteArrayType>,
    variables_json: Vec<ByteArray>,
}

impl Group {
    /// Adds one line.
    pub(super) fn add(
        &mut self,
        row: &SharedRow,
        column: &SharedColumn,
        cell: Option<&SharedCell>,
        verdict: Option<RowVerdict>,
        variables_json: &str,
    ) -> Result<(), ShareError> {
        let word = |word: Option<&'static str>| word.map(bytes);
        let text = |text: Option<&str>| text.map(bytes);
        // An unsigned number keeps its bits; the schema says how to read them.
        let whole = |value: Option<u64>| value.map(u64::cast_signed);
        let small = |value: Option<u32>| value.map(u32::cast_signed);
        let float = |value: Option<f64>| value.filter(|value| value.is_finite());
        let list = |list: Option<&Vec<String>>| list.map_or(&[][..], Vec::as_slice).to_vec();
        self.lines += 1;
        self.bytes += size(row, cell) + variables_json.len();
        self.case_key.push(bytes(&row.case_key));
        self.column.push(bytes(&column.name));
        self.run_id.add(text(column.run_id.as_deref()));
        self.model.add(text(column.model.as_deref()));
        self.verdict.add(word(verdict.map(RowVerdict::as_str)));
        self.passed.add(cell.and_then(|cell| cell.passed));
        self.score.add(float(cell.and_then(|cell| cell.score)));
        self.kinds.add(&list(cell.map(|cell| &cell.kinds)));
        self.reason
            .add(text(cell.and_then(|cell| cell.reason.as_deref())));
        self.status
            .add(word(cell.map(|cell| cell.status).map(CellStatus::as_str)));
        self.origin
            .add(word(cell.and_then(|cell| cell.origin).map(Origin::as_str)));
        self.latency_ms
            .add(float(cell.and_then(|cell| cell.latency_ms)));
        self.tokens_in
            .add(whole(cell.and_then(|cell| cell.tokens_in)));
        self.tokens_out
            .add(whole(cell.and_then(|cell| cell.tokens_out)));
        self.cost_usd.add(
            cell.and_then(|cell| cell.cost_usd)
                .map(decimal)
                .transpose()?,
        );
        self.repeats.add(small(cell.and_then(|cell| cell.repeats)));
        self.distinct
            .add(small(cell.and_then(|cell| cell.distinct)));
        self.labels.add(&list(cell.map(|cell| &cell.labels)));
        self.notes.add(&list(cell.map(|cell| &cell.notes)));
        self.expected.add(text(row.expected.as_deref()));
        self.text
            .add(text(cell.and_then(|cell| cell.text.as_deref())));
        self.tool_calls_json
            .add(text(cell.and_then(|cell| cell.tool_calls_json.as_deref())));
        self.variables_json.push(bytes(variables_json));
        Ok(())
    }

    /// Writes the lines as one row group.
    pub(super) fn write<W: Write + Send>(
        self,
        file: &mut SerializedFileWriter<W>,
    ) -> Result<(), ShareError> {
        let mut group = file.next_row_group().map_err(refused)?;
        put::<ByteArrayType, _>(&mut group, &self.case_key, None, None)?;
        put::<ByteArrayType, _>(&mut group, &self.column, None, None)?;
        optional(&mut group, &self.run_id)?;
        optional(&mut group, &self.model)?;
        optional(&mut group, &self.verdict)?;
        optional(&mut group, &self.passed)?;
        optional(&mut group, &self.score)?;
        lists(&mut group, &self.kinds)?;
        optional(&mut group, &self.reason)?;
        optional(&mut group, &self.status)?;
        optional(&mut group, &self.origin)?;
        optional(&mut group, &self.latency_ms)?;
        optional(&mut group, &self.tokens_in)?;
        optional(&mut group, &self.tokens_out)?;
        optional(&mut group, &self.cost_usd)?;
        optional(&mut group, &self.repeats)?;
        optional(&mut group, &self.distinct)?;
        lists(&mut group, &self.labels)?;
        lists(&mut group, &self.notes)?;
        optional(&mut group, &self.expected)?;
        optional(&mut group, &self.text)?;
        optional(&mut group, &self.tool_calls_json)?;
        put::<ByteArrayType, _>(&mut group, &self.variables_json, None, None)?;
        group.close().map_err(refused)?;
        Ok(())
    }
}

fn bytes(text: &str) -> ByteArray {
    ByteArray::from(text.as_bytes().to_vec())
}

fn size(row: &SharedRow, cell: Option<&SharedCell>) -> usize {
    let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let own = cell.map_or(0, |cell| {
        let lists = cell.kinds.iter().chain(&cell.labels).chain(&cell.notes);
        length(&cell.text)
            + length(&cell.tool_calls_json)
            + length(&cell.reason)
            + lists.map(String::len).sum::<usize>()
    });
    row.case_key.len() + length(&row.expected) + own
}

/// The amount as a big-endian whole number of 10⁻¹⁸ dollars; finer parts are rounded.
pub(super) fn decimal(amount: Usd) -> Result<FixedLenByteArray, ShareError> {
    let rounded = amount.0.round_dp(COST_DECIMALS);
    let factor = 10_i128.pow(COST_DECIMALS.saturating_sub(rounded.scale()));
    rounded
        .mantissa()
        .checked_mul(factor)
        // Thirty-eight digits, as the schema says.
        .filter(|units| units.unsigned_abs() < 10_u128.pow(38))
        .map(|units| FixedLenByteArray::from(units.to_be_bytes().to_vec()))
        .ok_or_else(|| ShareError::CostTooLarge(amount.to_string()))
}

fn optional<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    column: &Optional<T>,
) -> Result<(), ShareError> {
    put::<T, W>(group, &column.values, Some(&column.defined), None)
}

fn lists<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    column: &Lists,
) -> Result<(), ShareError> {
    let (defined, repeated) = (
        Some(column.defined.as_slice()),
        Some(column.repeated.as_slice()),
    );
    put::<ByteArrayType, W>(group, &column.values, defined, repeated)
}

fn put<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    defined: Option<&[i16]>,
    repeated: Option<&[i16]>,
) -> Result<(), ShareError> {
    let next = group.next_column().map_err(refused)?;
    let mut column =
        next.ok_or_else(|| ShareError::Table("more columns than the schema has".to_owned()))?;
    column
        .typed::<T>()
        .write_batch(values, defined, repeated)
        .map_err(refused)?;
    column.close().map_err(refused)
}

pub(super) fn refused(error: ParquetError) -> ShareError {
    match error {
        ParquetError::External(cause) => match cause.downcast::<io::Error>() {
            Ok(error) => ShareError::Write(*error),
            Err(cause) => ShareError::Table(cause.to_string()),
        },
        error => ShareError::Table(error.to_string()),
    }
}
