//! Whatever one taken-over account does, and however good the faith of everybody else: it never
//! ends up holding a working credential of another account.

use std::collections::{HashMap, HashSet};

use digue_access::{KeyProof, Reach, Role, Session};
use digue_administration::approvals::{self, ApprovalRequest, NewAccount};
use digue_administration::decisions;
use digue_app::Actor;
use digue_identity::{invitations, keys, sign_in};
use digue_testkit::{Authenticator, Mailbox};
use digue_types::{AccountId, Gate, OrganisationId};

use crate::app::{CONSOLE, CONSOLE_HOST, Home, Plan, mail_to};
use crate::approvals::{again, somebody};
use crate::passkey::{client, come_in, enrol};

/// A small deterministic source of choices.
struct Choices(u64);

impl Choices {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % below as u64).unwrap()
    }

    fn of<'c, T>(&mut self, list: &'c [T]) -> &'c T {
        &list[self.next(list.len())]
    }
}

const PEOPLE: [(&str, &str, Role); 9] = [
    ("rssi", "op", Role::Ciso),
    ("rssi2", "op", Role::Ciso),
    ("dpo", "op", Role::Dpo),
    ("auditor", "op", Role::Auditor),
    ("portal", "op", Role::PortalTeam),
    ("delegate", "of-1", Role::Delegate),
    ("deputy", "of-1", Role::Deputy),
    ("a1", "of-1", Role::Agent),
    ("a2", "of-1", Role::Agent),
];

const THIEFS_MAIL: &str = "voleur@exemple.fr";

/// The house, its people, and what the thief holds.
struct Scene {
    home: Home,
    mailbox: Option<Mailbox>,
    read: usize,
    people: Vec<Actor>,
    thief: AccountId,
    /// Sessions that the thief opened with links, and keys that the thief made in them.
    sessions: Vec<Session>,
    tokens: Vec<Authenticator>,
    /// Keys of programs whose secrets the thief has read.
    secrets: Vec<AccountId>,
    /// Codes that the thief saw.
    codes: Vec<String>,
    /// Codes of holders who came in themselves: these are told to whoever calls.
    told: HashMap<AccountId, String>,
    made: usize,
    /// Accounts that only the thief requested: there is nobody behind them.
    invented: HashSet<AccountId>,
    /// How often somebody honest confirmed a holder.
    confirmed: usize,
}

impl Scene {
    async fn open(thief: &str, mails: bool) -> Self {
        let mailbox = mails.then(Mailbox::open);
        let mail = mailbox.as_ref().map(mail_to);
        let home = Home::with(Plan {
            mail,
            ..Plan::default()
        })
        .await;
        let mut people = Vec::new();
        for (name, organisation, role) in PEOPLE {
            people.push(somebody(&home, name, organisation, role).await);
        }
        Self {
            home,
            mailbox,
            read: 0,
            people,
            thief: AccountId::parse(thief).unwrap(),
            sessions: Vec::new(),
            tokens: Vec::new(),
            secrets: Vec::new(),
            codes: Vec::new(),
            told: HashMap::new(),
            made: 0,
            invented: HashSet::new(),
            confirmed: 0,
        }
    }

    /// Accounts that there are, the thief's own apart.
    fn others(&self) -> Vec<AccountId> {
        let rules = self.home.app.gateway().rules();
        let mut others: Vec<AccountId> = rules
            .directory
            .iter()
            .map(|(account, _)| account.clone())
            .collect();
        others.retain(|account| *account != self.thief);
        others.sort();
        others
    }

    /// Everybody whom the thief can act as: the account itself, and whatever its links opened.
    fn faces(&self) -> Vec<Actor> {
        let own = self
            .people
            .iter()
            .find(|actor| actor.account == self.thief)
            .unwrap();
        let mut faces = vec![again(&self.home, own)];
        for session in &self.sessions {
            faces.extend(
                Actor::of_session(&self.home.app, session)
                    .ok()
                    .map(|one| again(&self.home, &one)),
            );
        }
        faces
    }

    fn honest(&self) -> Vec<Actor> {
        let honest = self
            .people
            .iter()
            .filter(|actor| actor.account != self.thief);
        honest.map(|actor| again(&self.home, actor)).collect()
    }

    fn new_account(&mut self, by_thief: bool, choices: &mut Choices) -> ApprovalRequest {
        self.made += 1;
        let account = AccountId::parse(&format!("neuf{}", self.made)).unwrap();
        let email = if by_thief {
            THIEFS_MAIL.to_owned()
        } else {
            format!("{account}@exemple.fr")
        };
        if by_thief {
            self.invented.insert(account.clone());
        }
        let role = *choices.of(&[Role::Agent, Role::Agent, Role::Ciso, Role::Delegate]);
        let organisation = if role == Role::Ciso { "op" } else { "of-1" };
        let organisation = OrganisationId::parse(organisation).unwrap();
        let email = (choices.next(3) > 0).then_some(email);
        ApprovalRequest::AddAccounts(vec![NewAccount {
            account,
            organisation,
            role,
            email,
        }])
    }

    fn request(&mut self, by_thief: bool, choices: &mut Choices) -> ApprovalRequest {
        let others = self.others();
        let account = choices.of(&others).clone();
        match choices.next(6) {
            0 | 1 => self.new_account(by_thief, choices),
            2 | 3 => ApprovalRequest::RecoverAccount {
                account,
                since: self.home.now(),
            },
            4 => ApprovalRequest::IssueKey {
                account,
                proof: KeyProof::Signed("x".repeat(43)),
                name: "logiciel".into(),
            },
            _ => ApprovalRequest::OpenGate {
                reach: Reach::Account(account),
                gate: Gate::Open,
            },
        }
    }

    /// The thief uses a link: comes in, makes a key, and looks at everything there is.
    async fn take(&mut self, link: &str) {
        let token = link
            .split("link=")
            .nth(1)
            .unwrap()
            .split_whitespace()
            .next()
            .unwrap();
        let app = &self.home.app;
        let Ok((_, session)) = sign_in::enter(app, token, CONSOLE_HOST, &client()).await else {
            return;
        };
        let mut key = Authenticator::new(CONSOLE_HOST, CONSOLE);
        if enrol(&self.home, &session, &mut key).await.is_ok() {
            self.tokens.push(key);
        }
        self.codes.extend(
            invitations::own_code(&self.home.app, &session)
                .await
                .unwrap(),
        );
        self.sessions.push(session);
    }

    async fn thief_acts(&mut self, choices: &mut Choices) {
        let faces = self.faces();
        let actor = choices.of(&faces).clone();
        let (others, call) = (self.others(), "appel au standard");
        let account = choices.of(&others).clone();
        match choices.next(7) {
            0 | 1 => {
                let request = self.request(true, choices);
                for face in &faces {
                    let _ = approvals::ask(&self.home.app, face, &request, "une demande").await;
                }
            }
            2 => {
                for waiting in approvals::list(&self.home.app, &actor)
                    .await
                    .unwrap_or_default()
                {
                    let done =
                        decisions::decide(&self.home.app, &actor, &waiting.record.id, true).await;
                    for one in done.map(|done| done.invitations).unwrap_or_default() {
                        assert_eq!(one.link, None, "whoever grants holds no link");
                    }
                }
            }
            3 | 4 => {
                for account in others {
                    let handed = invitations::hand_over(&self.home.app, &actor, &account).await;
                    if let Some(link) = handed.ok().and_then(|handed| handed.link) {
                        self.take(&link).await;
                    }
                }
            }
            5 => {
                let _ = invitations::send(&self.home.app, &actor, &account).await;
            }
            _ => {
                let guesses: Vec<String> = self
                    .codes
                    .iter()
                    .cloned()
                    .chain(["AAAA-AAAA".into()])
                    .collect();
                for account in others {
                    let code = choices.of(&guesses).clone();
                    let _ =
                        invitations::confirm(&self.home.app, &actor, &account, &code, call).await;
                }
            }
        }
        // Whatever the thief's sessions may fetch.
        for session in self.sessions.clone() {
            for key in keys::waiting(&self.home.app, &session)
                .await
                .unwrap_or_default()
            {
                if let Ok(issued) = keys::fetch(&self.home.app, &session, &key.id).await {
                    self.secrets.push(issued.account);
                }
            }
        }
    }

    /// Mail leaves, and the thief reads the own box.
    async fn deliver(&mut self) {
        let Some(mailbox) = &self.mailbox else { return };
        digue_mail::send_due(&self.home.app).await.unwrap();
        let messages: Vec<(String, String)> =
            mailbox.messages().into_iter().skip(self.read).collect();
        self.read += messages.len();
        for (to, text) in messages {
            let plain = text.replace("=\n", "").replace("=3D", "=");
            let Some(link) = plain.split("enter?").nth(1).map(ToOwned::to_owned) else {
                continue;
            };
            if to == THIEFS_MAIL {
                self.take(&link).await;
            } else if let Ok(account) = AccountId::parse(to.split('@').next().unwrap()) {
                self.holder_comes(&account, &link).await;
            }
        }
    }

    /// The true holder uses a link, makes a key, and can say the code.
    async fn holder_comes(&mut self, account: &AccountId, link: &str) {
        let token = link
            .split("link=")
            .nth(1)
            .unwrap()
            .split_whitespace()
            .next()
            .unwrap();
        let app = &self.home.app;
        let Ok((_, session)) = sign_in::enter(app, token, CONSOLE_HOST, &client()).await else {
            return;
        };
        enrol(
            &self.home,
            &session,
            &mut Authenticator::new(CONSOLE_HOST, CONSOLE),
        )
        .await
        .unwrap();
        let code = invitations::own_code(&self.home.app, &session)
            .await
            .unwrap()
            .unwrap();
        self.told.insert(account.clone(), code);
    }

    /// Everybody else works, in good faith: what is asked is granted, invitations are handed over,
    /// whoever says the code is confirmed.
    async fn honest_act(&mut self, choices: &mut Choices) {
        let mut honest = self.honest();
        // Whoever comes first is not always the same.
        let first = choices.next(honest.len());
        honest.rotate_left(first);
        match choices.next(6) {
            0 | 1 => {
                let request = self.request(false, choices);
                for actor in &honest {
                    if approvals::ask(&self.home.app, actor, &request, "une demande")
                        .await
                        .is_ok()
                    {
                        break;
                    }
                }
            }
            2 => {
                for actor in &honest {
                    for waiting in approvals::list(&self.home.app, actor)
                        .await
                        .unwrap_or_default()
                    {
                        if waiting.may_decide {
                            let id = &waiting.record.id;
                            let _ = decisions::decide(&self.home.app, actor, id, true).await;
                        }
                    }
                }
            }
            3 | 4 => {
                for account in self.others() {
                    self.honest_invite(&honest, &account, choices.next(2) == 0)
                        .await;
                }
            }
            _ => {
                // The code is heard from the holder; who has none is not confirmed.
                for (account, code) in self.told.clone() {
                    for actor in &honest {
                        let app = &self.home.app;
                        let done =
                            invitations::confirm(app, actor, &account, &code, "vu au guichet")
                                .await;
                        self.confirmed += usize::from(done.is_ok());
                    }
                    // Confirmed; or the code was void, and the holder asks for another invitation.
                    self.told.remove(&account);
                }
            }
        }
    }

    /// Somebody honest invites the holder of an account, unless they came in already.
    async fn honest_invite(&mut self, honest: &[Actor], account: &AccountId, by_mail: bool) {
        if self.told.contains_key(account) {
            return;
        }
        for actor in honest {
            if by_mail
                && invitations::send(&self.home.app, actor, account)
                    .await
                    .is_ok()
            {
                return;
            }
            let handed = invitations::hand_over(&self.home.app, actor, account).await;
            let Some(link) = handed.ok().and_then(|handed| handed.link) else {
                continue;
            };
            // It goes to the holder; an invented account has none.
            if !self.invented.contains(account) {
                self.holder_comes(account, &link).await;
            }
            return;
        }
    }

    /// The promise.
    async fn holds(&mut self, story: &str) {
        let app = &self.home.app;
        let rules = app.gateway().rules();
        for session in &self.sessions {
            let Ok(actor) = Actor::of_session(app, session) else {
                continue;
            };
            let is_live = app.gateway().sessions(|one| one.id == session.id).len() == 1;
            if !is_live {
                continue;
            }
            let gate = rules.gates.of(&Reach::Account(session.account.clone()));
            assert_eq!(
                (actor.role, gate),
                (Role::Agent, Gate::Closed),
                "{story}: {}",
                session.account
            );
        }
        for key in &mut self.tokens {
            // A key that the thief made opens nothing of an account whose holder is known.
            let Ok(session) = come_in(&self.home, key).await else {
                continue;
            };
            let gate = rules.gates.of(&Reach::Account(session.account.clone()));
            let role = Actor::of_session(app, &session).unwrap().role;
            assert_eq!(
                (role, gate),
                (Role::Agent, Gate::Closed),
                "{story}: {}",
                session.account
            );
        }
        assert!(
            self.secrets.is_empty(),
            "{story}: keys of {:?}",
            self.secrets
        );
    }
}

#[tokio::test]
async fn one_account_taken_over_never_holds_a_working_credential_of_another() {
    let (mut links, mut confirmed) = (0, 0);
    for (thief, ..) in PEOPLE {
        for seed in 0..3_u64 {
            let mut choices = Choices(seed * 7919 + thief.len() as u64 * 104_729 + 1);
            let mut scene = Scene::open(thief, seed % 2 == 0).await;
            for step in 0..20 {
                let story = format!("{thief} seed {seed} step {step}");
                scene.thief_acts(&mut choices).await;
                scene.deliver().await;
                scene.holds(&story).await;
                scene.honest_act(&mut choices).await;
                scene.deliver().await;
                scene.holds(&story).await;
            }
            links += scene.sessions.len();
            confirmed += scene.confirmed;
        }
    }
    // The thief got hold of links, and honest people came in: the promise was put to the test.
    assert!(
        links > 20 && confirmed > 20,
        "{links} links, {confirmed} confirmed"
    );
}
