//! What other models are asked about answers, and what they said.

use super::plan::parse_target;
use super::view::said;
use plumbline_analysis::grade::Opinions;
use plumbline_analysis::grade::rubric::judge_request;
use plumbline_model::{
    Assertion, AssertionKind, Budget, Case, ChatRequest, Completion, Problem, Purpose, Target,
};
use plumbline_prompts::{request_hash, text_hash};
use plumbline_workspace::{Opinion, OpinionKey, Said};
use std::collections::{BTreeMap, HashMap};

/// One question to another model.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Inquiry {
    pub(super) key: OpinionKey,
    pub(super) asks: Asks,
}

/// What it is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Asks {
    Verdict(ChatRequest),
    Summary {
        request: ChatRequest,
        /// Of the prompt that writes it.
        budget: Budget,
    },
    Vector(String),
}

impl Asks {
    pub(super) fn purpose(&self) -> Purpose {
        match self {
            Self::Verdict(_) => Purpose::Judge,
            Self::Summary { .. } => Purpose::Summary,
            Self::Vector(_) => Purpose::Embedding,
        }
    }
}

/// What an assertion has to ask about an answer; nothing for those that Plumbline checks itself.
///
/// # Errors
/// `BadInput` when the model it names is none.
pub(super) fn inquiries(
    assertion: &Assertion,
    completion: &Completion,
) -> Result<Vec<Inquiry>, Problem> {
    let vector = |target: &Target, text: &str| Inquiry {
        key: OpinionKey {
            target: target.clone(),
            request_hash: text_hash(text),
        },
        asks: Asks::Vector(text.to_owned()),
    };
    match &assertion.kind {
        AssertionKind::Rubric {
            criteria, judge, ..
        } => {
            let request = judge_request(criteria, &said(completion));
            Ok(vec![Inquiry {
                key: OpinionKey {
                    target: parse_target(judge)?,
                    request_hash: request_hash(&request),
                },
                asks: Asks::Verdict(request),
            }])
        }
        AssertionKind::Similar {
            value, embedding, ..
        } => {
            let target = parse_target(embedding)?;
            Ok(vec![
                vector(&target, &completion.text),
                vector(&target, value),
            ])
        }
        _ => Ok(Vec::new()),
    }
}

/// The models that the cases need besides those that answer, and what for.
pub(super) fn advisers<'c>(cases: impl IntoIterator<Item = &'c Case>) -> BTreeMap<Target, Purpose> {
    let assertions = cases.into_iter().flat_map(|case| &case.assertions);
    assertions
        .filter_map(|assertion| match &assertion.kind {
            AssertionKind::Rubric { judge, .. } => Some((judge, Purpose::Judge)),
            AssertionKind::Similar { embedding, .. } => Some((embedding, Purpose::Embedding)),
            _ => None,
        })
        .filter_map(|(name, purpose)| Some((parse_target(name).ok()?, purpose)))
        .collect()
}

/// The opinions of a run, by what was asked of whom.
#[derive(Debug, Clone, Default)]
pub(super) struct OpinionBook(HashMap<OpinionKey, Said>);

impl OpinionBook {
    pub(super) fn new(opinions: impl IntoIterator<Item = Opinion>) -> Self {
        Self(
            opinions
                .into_iter()
                .map(|opinion| (opinion.key, opinion.said))
                .collect(),
        )
    }

    /// Drops what was asked in vain, so that it is asked again.
    pub(super) fn forget_nothings(&mut self) {
        self.0
            .retain(|_, said| !matches!(said, Said::Nothing { .. }));
    }

    /// Whether an answer is here; that there was none is no answer.
    pub(super) fn has(&self, key: &OpinionKey) -> bool {
        matches!(self.0.get(key), Some(Said::Reply(_) | Said::Vector(_)))
    }

    pub(super) fn get(&self, key: &OpinionKey) -> Option<&Said> {
        self.0.get(key)
    }

    pub(super) fn put(&mut self, key: OpinionKey, said: Said) {
        self.0.insert(key, said);
    }

    /// What the checks of a case need to know about its answer.
    pub(super) fn about(&self, case: &Case, completion: &Completion) -> Opinions {
        let mut opinions = Opinions::default();
        for (at, assertion) in case.assertions.iter().enumerate() {
            match inquiries(assertion, completion) {
                Ok(inquiries) => self.fill(&mut opinions, at, &inquiries),
                Err(problem) => {
                    opinions.unheard.insert(at, problem.message);
                }
            }
        }
        opinions
    }

    fn fill(&self, opinions: &mut Opinions, at: usize, inquiries: &[Inquiry]) {
        let said: Vec<&Said> = inquiries
            .iter()
            .filter_map(|inquiry| self.0.get(&inquiry.key))
            .collect();
        for said in &said {
            if let Said::Nothing { because } = said {
                opinions.unheard.insert(at, because.clone());
            }
        }
        match said.as_slice() {
            [Said::Reply(reply)] => {
                opinions.judge_answers.insert(at, reply.text.clone());
            }
            [Said::Vector(answer), Said::Vector(value)] => {
                opinions
                    .embeddings
                    .insert(at, (answer.clone(), value.clone()));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumbline_model::ResponseStatus;

    fn case(assertions: Vec<AssertionKind>) -> Case {
        Case {
            key: "a".into(),
            variables: Default::default(),
            assertions: assertions.into_iter().map(Assertion::from).collect(),
            tags: BTreeMap::new(),
            request: None,
            tool_results: Vec::new(),
            source: None,
        }
    }

    fn rubric(judge: &str) -> AssertionKind {
        AssertionKind::Rubric {
            criteria: "polite".into(),
            judge: judge.into(),
            min_score: None,
        }
    }

    fn similar() -> AssertionKind {
        AssertionKind::Similar {
            value: "hello".into(),
            min: 0.5,
            embedding: "local:vectors".into(),
        }
    }

    fn answer(text: &str) -> Completion {
        Completion {
            status: ResponseStatus::Complete,
            text: text.into(),
            ..Completion::default()
        }
    }

    #[test]
    fn what_is_asked_depends_on_the_answer_and_on_nothing_else() {
        let asked = |text: &str| inquiries(&rubric("local:judge").into(), &answer(text)).unwrap();
        assert_eq!(asked("good day"), asked("good day"));
        assert_ne!(asked("good day")[0].key, asked("go away")[0].key);
        let vectors = inquiries(&similar().into(), &answer("hello")).unwrap();
        assert_eq!(
            vectors[0].key, vectors[1].key,
            "one text is embedded once, whichever side it stands on"
        );
    }

    #[test]
    fn advisers_are_named_once_and_a_name_that_is_none_says_so() {
        let case = case(vec![
            rubric("local:judge"),
            similar(),
            rubric("local:judge"),
            rubric("judge"),
        ]);
        let named: Vec<String> = advisers([&case])
            .into_keys()
            .map(|target| target.to_string())
            .collect();
        assert_eq!(named, ["local:judge", "local:vectors"]);
        let about = OpinionBook::default().about(&case, &answer("x"));
        assert!(about.unheard[&3].contains("not provider:model"));
        assert!(!about.unheard.contains_key(&0));
    }

    #[test]
    fn a_half_of_a_likeness_is_none_and_a_refusal_is_told() {
        let case = case(vec![similar(), rubric("local:judge")]);
        let text = answer("hi");
        let keys: Vec<OpinionKey> = case
            .assertions
            .iter()
            .flat_map(|assertion| inquiries(assertion, &text).unwrap())
            .map(|inquiry| inquiry.key)
            .collect();
        let mut book = OpinionBook::default();
        book.put(keys[0].clone(), Said::Vector(vec![1.0]));
        let because = "no key".to_owned();
        book.put(keys[2].clone(), Said::Nothing { because });
        let about = book.about(&case, &text);
        assert!(about.embeddings.is_empty() && about.judge_answers.is_empty());
        assert_eq!(about.unheard[&1], "no key");
        assert!(book.has(&keys[0]) && !book.has(&keys[2]));
        book.put(keys[1].clone(), Said::Vector(vec![2.0]));
        assert_eq!(
            book.about(&case, &text).embeddings[&0],
            (vec![1.0], vec![2.0])
        );
    }
}
