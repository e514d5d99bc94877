//! What reviewers say about answers.

use crate::desk::{Answer, Desk};
use plumbline_engine::api::{BlindJudgement, BlindPair, ReviewSummary, Side};
use plumbline_model::{CellId, ReviewLine, ReviewSubject, ReviewWord};
use tauri::State;

#[tauri::command]
pub(crate) async fn review_summary(
    desk: State<'_, Desk>,
    sides: (Side, Side),
) -> Answer<ReviewSummary> {
    desk.ask(move |engine| engine.review_summary(&sides.0, &sides.1))
        .await
}

#[tauri::command]
pub(crate) async fn review_add(
    desk: State<'_, Desk>,
    about: ReviewSubject,
    word: ReviewWord,
) -> Answer<ReviewLine> {
    desk.ask(move |engine| engine.review_add(about, word, None))
        .await
}

#[tauri::command]
pub(crate) async fn review_lines(
    desk: State<'_, Desk>,
    about: ReviewSubject,
) -> Answer<Vec<ReviewLine>> {
    desk.ask(move |engine| engine.review_lines(&about)).await
}

#[tauri::command]
pub(crate) async fn review_blind_next(
    desk: State<'_, Desk>,
    a: Side,
    b: Side,
) -> Answer<Option<BlindPair>> {
    desk.ask(move |engine| engine.review_blind_next(&a, &b, None))
        .await
}

#[tauri::command]
pub(crate) async fn review_blind_judge(
    desk: State<'_, Desk>,
    a: Side,
    b: Side,
    judgement: BlindJudgement,
) -> Answer<ReviewLine> {
    desk.ask(move |engine| engine.review_blind_judge(&a, &b, &judgement, None))
        .await
}

#[tauri::command]
pub(crate) async fn review_rubric_set(
    desk: State<'_, Desk>,
    a: Side,
    b: Side,
    items: Vec<String>,
) -> Answer<()> {
    desk.ask(move |engine| engine.review_rubric_set(&a, &b, items))
        .await
}

#[tauri::command]
pub(crate) async fn review_sign_off(
    desk: State<'_, Desk>,
    a: Side,
    b: Side,
    approved: bool,
    text: String,
) -> Answer<ReviewLine> {
    desk.ask(move |engine| engine.review_sign_off(&a, &b, approved, &text, None))
        .await
}

#[tauri::command]
pub(crate) async fn review_to_case(
    desk: State<'_, Desk>,
    cell: CellId,
    dataset: String,
    expected: Option<String>,
) -> Answer<String> {
    desk.ask(move |engine| engine.review_to_case(cell, &dataset, expected.as_deref()))
        .await
}
