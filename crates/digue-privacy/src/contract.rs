//! The clauses that 28(3) asks of a contract, one by one, and where each stands in it.

use digue_isms::kinds::says_something;
use digue_isms::privacy_kinds::Contract;
use digue_isms::privacy_lists::ContractRole;

/// A clause of 28(3), by its letter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ContractClause {
    /// (a) Only on documented instructions.
    Instructions,
    /// (b) Persons are bound to confidentiality.
    Confidentiality,
    /// (c) Security by 32.
    Security,
    /// (d) Conditions of another processor.
    SubProcessing,
    /// (e) Help with the rights of persons.
    RightsHelp,
    /// (f) Help with 32 to 36.
    DutiesHelp,
    /// (g) Deletion or return at the end.
    DataEnd,
    /// (h) Information and audits.
    Audits,
}

impl ContractClause {
    pub const ALL: &'static [Self] = &[
        Self::Instructions,
        Self::Confidentiality,
        Self::Security,
        Self::SubProcessing,
        Self::RightsHelp,
        Self::DutiesHelp,
        Self::DataEnd,
        Self::Audits,
    ];

    /// The field of the contract; its locale key follows `clause-`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Instructions => "instructions",
            Self::Confidentiality => "confidentiality",
            Self::Security => "security",
            Self::SubProcessing => "sub-processing",
            Self::RightsHelp => "rights-help",
            Self::DutiesHelp => "duties-help",
            Self::DataEnd => "data-end",
            Self::Audits => "audits",
        }
    }

    /// `28(3)(a)`.
    pub const fn article(self) -> &'static str {
        match self {
            Self::Instructions => "28(3)(a)",
            Self::Confidentiality => "28(3)(b)",
            Self::Security => "28(3)(c)",
            Self::SubProcessing => "28(3)(d)",
            Self::RightsHelp => "28(3)(e)",
            Self::DutiesHelp => "28(3)(f)",
            Self::DataEnd => "28(3)(g)",
            Self::Audits => "28(3)(h)",
        }
    }

    /// Where the clause stands in a contract; `None` where it is not found.
    pub fn place(self, contract: &Contract) -> Option<&str> {
        let text = match self {
            Self::Instructions => &contract.instructions,
            Self::Confidentiality => &contract.confidentiality,
            Self::Security => &contract.security,
            Self::SubProcessing => &contract.sub_processing,
            Self::RightsHelp => &contract.rights_help,
            Self::DutiesHelp => &contract.duties_help,
            Self::DataEnd => &contract.data_end,
            Self::Audits => &contract.audits,
        };
        // "§ 7" says where it stands; a dash does not.
        let is_place = |text: &str| text.chars().any(char::is_numeric) || says_something(text);
        Some(text.0.trim()).filter(|text| is_place(text))
    }
}

/// True for a contract of which 28(3) asks its clauses, whichever side the operator is on.
pub const fn needs_clauses(contract: &Contract) -> bool {
    match contract.about.0 {
        Some(ContractRole::Processor | ContractRole::ForThem) => true,
        Some(ContractRole::Joint | ContractRole::Separate | ContractRole::WithoutData) | None => {
            false
        }
    }
}

/// The clauses that are not found in a contract; none for one that needs none.
pub fn missing(contract: &Contract) -> Vec<ContractClause> {
    if !needs_clauses(contract) {
        return Vec::new();
    }
    let all = ContractClause::ALL.iter().copied();
    all.filter(|clause| clause.place(contract).is_none())
        .collect()
}
