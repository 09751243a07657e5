//! External identities: a third-party provider (`oidc-provider`), in a real browser, and everything
//! that it, or an attacker in between, can do wrong.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Instant;

use digue_testkit::{Answer, Client};
use serde_json::{Value, json};

use crate::https::issue;
use crate::instance::{CONSOLE_HOST, Instance, PORTAL_HOST, Plan, digue, free_address, obliging};
use crate::python::python;
use crate::webdriver::Browser;

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];
pub(crate) const SECRET: &str = "un-secret-de-client-pour-les-tests-0123456789";

/// The provider; ends with the test.
pub(crate) struct Provider {
    child: Child,
    /// It ends with its input.
    _stdin: ChildStdin,
    script: PathBuf,
    pub(crate) issuer: String,
    control: Client,
}

impl Provider {
    fn start(files: &Path, console: &str) -> Self {
        issue(files, "provider", "127.0.0.1");
        let modules = node_modules();
        // Beside its packages: modules are looked for from where a file lies.
        let script = modules.join(format!(
            "provider-{}-{}.js",
            std::process::id(),
            free_address().port()
        ));
        std::fs::write(
            &script,
            include_str!("../../../../tests/provider/provider.js"),
        )
        .unwrap();
        let mut child = Command::new("node")
            .arg(&script)
            .args([files.join("provider.pem"), files.join("provider-key.pem")])
            .arg(console)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("./test installs Node.js");
        let mut lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let line = lines.find(|line| line.starts_with('{'));
        // The pipe is always read, so that the provider never waits for it.
        std::thread::spawn(move || lines.for_each(drop));
        let ready: Value = serde_json::from_str(&line.expect("the provider is ready")).unwrap();
        let port = u16::try_from(ready["control"].as_u64().unwrap()).unwrap();
        Self {
            _stdin: child.stdin.take().unwrap(),
            child,
            script,
            issuer: ready["issuer"].as_str().unwrap().to_owned(),
            control: Client::new(([127, 0, 0, 1], port).into(), "127.0.0.1"),
        }
    }

    pub(crate) fn ask(&self, place: &str, body: &Value) -> Value {
        let json = [("content-type", "application/json")];
        let answer = self
            .control
            .send("POST", place, &json, body.to_string().as_bytes());
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// The fault that it has from now on.
    fn wrong(&self, how: Value) {
        self.ask("/wrong", &how);
    }

    /// Where it last sent the browser, without scheme and host.
    fn last_back(&self) -> String {
        let back = self.ask("/seen", &json!({}))["back"]
            .as_str()
            .unwrap()
            .to_owned();
        format!("/{}", back.splitn(4, '/').nth(3).unwrap())
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.script);
    }
}

/// The folder of packages that `./test` prepares.
fn node_modules() -> PathBuf {
    #[expect(
        clippy::disallowed_methods,
        reason = "./test says where it put the packages"
    )]
    let said = ["DIGUE_TEST_NODE", "HOME"].map(|name| std::env::var(name).ok());
    let [folder, home] = said;
    let folder =
        folder.unwrap_or_else(|| format!("{}/.cache/digue/node", home.unwrap_or_default()));
    let folder = PathBuf::from(folder);
    assert!(
        folder.join("node_modules/oidc-provider").exists(),
        "run ./test once: it installs the provider"
    );
    folder
}

/// An instance with its provider.
pub(crate) struct Scene {
    pub(crate) instance: Instance,
    pub(crate) provider: Provider,
    pub(crate) console: String,
    _files: tempfile::TempDir,
}

impl Scene {
    /// With further settings, in which `ISSUER` stands for the provider's.
    pub(crate) fn open(more: &str) -> Self {
        let files = tempfile::tempdir().unwrap();
        let address = free_address();
        let console = format!("http://{CONSOLE_HOST}:{}", address.port());
        let provider = Provider::start(files.path(), &console);
        let mut settings = "[password]\nallowed = true\n".to_owned();
        settings.push_str(&format!(
            "[upstream]\nauthorities = \"{}\"\n",
            files.path().join("provider-authority.pem").display()
        ));
        for (id, label, client, serves, rest) in [
            ("proconnect", "ProConnect", "digue", "accounts", ""),
            ("relache", "Relâche", "digue-relache", "accounts", ""),
            (
                "usagers",
                "Mon compte usager",
                "digue-usagers",
                "persons",
                "[providers.person]\npopulation = \"personnes\"\nclaim = \"dossier\"\n",
            ),
        ] {
            settings.push_str(&format!(
                "[[providers]]\nid = \"{id}\"\nlabel = \"{label}\"\nfor = \"{serves}\"\nissuer = \"{}\"\n\
                 client = \"{client}\"\nsecret_file = \"provider.secret\"\nscopes = [\"email\", \"dossier\"]\n\
                 asked_claims = [\"amr\", \"acr\", \"auth_time\"]\n{rest}",
                provider.issuer
            ));
        }
        settings.push_str(&more.replace("ISSUER", &provider.issuer));
        let plan = Plan::usual()
            .settings(&settings)
            .caseload("a1", &["P1", "P2"]);
        let instance = Instance::open_at(address, &plan, obliging, &[("provider.secret", SECRET)]);
        Self {
            instance,
            provider,
            console,
            _files: files,
        }
    }

    /// Takes an invitation with this login at the provider, up to one's own page.
    pub(crate) fn link(&mut self, browser: &Browser, account: &str, login: &str) {
        let token = self.instance.link(account, CONSOLE_HOST);
        browser.go(&format!("{}/.digue/enter?link={token}", self.console));
        browser.click("a[href^='/.digue/provider/proconnect']");
        at_provider(browser, login, "mfa");
        browser.sees("dl", account);
        browser.click("form[action='/.digue/identity/link'] button");
        browser.sees("main", "ProConnect");
    }

    /// Signs in; the provider knows the browser already unless `login` is said.
    fn sign_in(&self, browser: &Browser, provider: &str, login: Option<(&str, &str)>) {
        browser.go(&format!("{}/.digue/sign-in", self.console));
        browser.click(&format!("a[href^='/.digue/provider/{provider}']"));
        if let Some((login, factor)) = login {
            at_provider(browser, login, factor);
        }
    }

    fn leave(&self, browser: &Browser) {
        // On a narrow window the menu is folded, and the button in it.
        browser.width(1280);
        browser.click("form[action='/.digue/leave'] button");
        browser.sees("h1", "session est fermée");
    }

    /// Ends the provider's own session.
    fn leave_provider(&self, browser: &Browser) {
        browser.go(&format!("{}/session/end", self.provider.issuer));
        browser.click("#oui");
        browser.sees("h1", "Sign-out");
    }

    fn post(&self, place: &str, body: &str) -> Answer {
        Client::new(self.instance.address, CONSOLE_HOST).send("POST", place, &FORM, body.as_bytes())
    }
}

fn at_provider(browser: &Browser, login: &str, factor: &str) {
    browser.sees("h1", "Fournisseur d'identité");
    browser.write("#login", login);
    browser.choose("#factor", factor);
    let before = browser.place();
    browser.click("#go");
    // It may ask again, on a page that looks the same.
    let deadline = Instant::now() + digue_testkit::PATIENCE;
    while browser.place() == before {
        assert!(
            Instant::now() < deadline,
            "the provider does not answer at {before}"
        );
        std::thread::park_timeout(std::time::Duration::from_millis(30));
    }
}

#[test]
fn an_invited_account_links_its_identity_and_leaves_on_both_sides() {
    let mut scene = Scene::open("");
    let browser = Browser::open("fr");
    browser.width(1280);
    // No one is let in by an identity alone, however well it is proved.
    scene.sign_in(&browser, "proconnect", Some(("marie", "pop")));
    browser.sees("main", "n'est reliée à aucun compte");
    scene.leave_provider(&browser);

    let token = scene.instance.link("a1", CONSOLE_HOST);
    browser.go(&format!("{}/.digue/enter?link={token}", scene.console));
    browser.sees("main", "Relier ProConnect");
    browser.page_at_both_widths("enter-provider");
    browser.click("a[href^='/.digue/provider/proconnect']");
    at_provider(&browser, "marie", "mfa");
    browser.sees("dl", "a1");
    browser.sees("dl", "marie@fournisseur.fr");
    browser.page_at_both_widths("link-identity");
    browser.click("form[action='/.digue/identity/link'] button");
    browser.sees("table", "ProConnect");
    browser.page_at_both_widths("own-identity");
    // The invitation is used up.
    browser.go(&format!("{}/.digue/enter?link={token}", scene.console));
    browser.sees("main", "Ce lien n'est plus valable");

    browser.go(&format!("{}/self", scene.console));
    scene.leave(&browser);
    browser.page_at_both_widths("left-provider");
    browser.click("main a.button");
    browser.sees("h1", "Se déconnecter");
    browser.click("#oui");
    browser.sees("h1", "session est fermée");
    browser.misses("main", "ProConnect");

    scene.sign_in(&browser, "proconnect", Some(("marie", "mfa")));
    browser.sees("h1", "Bonjour");
    browser.sees("main", "fournisseur d'identité");
    let english = Browser::open("en");
    english.width(1280);
    english.go(&format!("{}/.digue/sign-in", scene.console));
    english.sees("main", "Sign in with ProConnect");
    english.page_at_both_widths("sign-in-provider");

    // The same identity opens no second account.
    let token = scene.instance.link("a2", CONSOLE_HOST);
    browser.go(&format!("{}/.digue/enter?link={token}", scene.console));
    browser.click("a[href^='/.digue/provider/proconnect']");
    browser.sees("main", "déjà reliée à un compte");

    // A suspended account is as unknown as one that never was.
    let officer = scene.instance.officer();
    let suspended = officer.send(
        "POST",
        "/accounts/suspend",
        &FORM,
        b"account=a1&suspended=1&reason=essai+de+fermeture",
    );
    assert_eq!(suspended.status, 303, "{}", suspended.text());
    scene.sign_in(&browser, "proconnect", None);
    browser.sees("main", "n'est reliée à aucun compte");

    let history = scene.instance.acts();
    let acts = |act: &str| history.iter().filter(|entry| entry["act"] == act).count();
    assert_eq!(acts("identity-linked"), 1);
    assert!(
        !format!("{history:?}").contains("marie"),
        "a provider's names are nobody's business"
    );
}

#[test]
fn a_weak_factor_is_completed_here_or_opens_nothing() {
    let mut scene = Scene::open("");
    let browser = Browser::open("fr");
    browser.width(1280);
    browser.plug_in_authenticator();
    scene.link(&browser, "a1", "marie");
    scene.leave(&browser);
    scene.leave_provider(&browser);

    // One factor, and nothing here to complete it with.
    scene.sign_in(&browser, "proconnect", Some(("marie", "pwd")));
    browser.sees("h1", "Une preuve supplémentaire");
    browser.sees("main", "ni clé d'accès ni code");
    browser.page_at_both_widths("step-up-none");
    browser.go(&format!("{}/self", scene.console));
    browser.sees("h1", "Se connecter");
    scene.leave_provider(&browser);

    // Two factors; then a passkey of one's own, which completes the weak one from now on.
    scene.sign_in(&browser, "proconnect", Some(("marie", "mfa")));
    browser.sees("h1", "Bonjour");
    browser.go(&format!("{}/self", scene.console));
    browser.write("#name", "ordinateur");
    browser.click("form[data-passkey='create'] button");
    browser.sees("table", "ordinateur");
    scene.leave(&browser);
    scene.leave_provider(&browser);
    for factor in ["pwd", "mail"] {
        scene.sign_in(&browser, "proconnect", Some(("marie", factor)));
        browser.sees("h1", "Une preuve supplémentaire");
        browser.page_at_both_widths("step-up");
        browser.click("form[data-passkey='get'] button");
        browser.sees("h1", "Bonjour");
        browser.go(&format!("{}/self", scene.console));
        scene.leave(&browser);
        scene.leave_provider(&browser);
    }

    // A level that ends in -mfa says the same as two factors.
    scene.provider.wrong(json!({"acr": "eidas1-mfa"}));
    scene.sign_in(&browser, "proconnect", Some(("marie", "pwd")));
    browser.sees("h1", "Bonjour");
    browser.go(&format!("{}/self", scene.console));
    scene.leave(&browser);
    scene.leave_provider(&browser);

    // A proof of this morning is asked for again, and one that stays old opens nothing.
    scene.provider.wrong(json!({"age": 7200}));
    scene.sign_in(&browser, "proconnect", Some(("marie", "mfa")));
    at_provider(&browser, "marie", "mfa");
    browser.sees("main", "de vous authentifier de nouveau");
    scene.leave_provider(&browser);
    scene.sign_in(&browser, "proconnect", Some(("marie", "mfa")));
    scene.provider.wrong(json!({}));
    at_provider(&browser, "marie", "mfa");
    browser.sees("h1", "Bonjour");
    scene.leave_provider(&browser);

    // An officer's key is one that no page can be given.
    scene.link(&browser, "rssi", "paul");
    scene.leave(&browser);
    scene.leave_provider(&browser);
    scene.sign_in(&browser, "proconnect", Some(("paul", "mfa")));
    browser.sees("h1", "Une preuve supplémentaire");
    browser.go(&format!("{}/self", scene.console));
    browser.sees("h1", "Se connecter");
    scene.leave_provider(&browser);
    scene.sign_in(&browser, "proconnect", Some(("paul", "pop")));
    browser.sees("h1", "Bonjour");
}

#[test]
fn an_account_at_work_is_linked_by_its_holder_and_nobody_else() {
    let mut scene = Scene::open("");
    assert!(scene.instance.stop());
    let arguments = [
        "account",
        "dele",
        "--organisation",
        "of-1",
        "--role",
        "delegate",
    ];
    assert!(
        digue(scene.instance.folder.path(), &arguments)
            .status
            .success()
    );
    scene.instance.start();
    let (delegate, stranger) = (
        scene.instance.console_session("dele"),
        Client::new(scene.instance.address, CONSOLE_HOST),
    );
    let entry = scene.instance.link("a1", CONSOLE_HOST);
    let post = |client: &Client, place: &str, body: &str| {
        client.send("POST", place, &FORM, body.as_bytes())
    };
    for other in ["b1", "dele", "rssi", "inconnu"] {
        let refused = post(&delegate, "/accounts/identity", &format!("account={other}"));
        assert_eq!(refused.status, 403, "{other}");
    }
    let invited = post(&delegate, "/accounts/identity", "account=a1");
    assert_eq!(invited.status, 200, "{}", invited.text());
    assert!(
        !invited.text().contains("link="),
        "whoever invites holds no link"
    );
    let browser = Browser::open("fr");
    browser.width(1280);
    browser.go(&format!("{}/.digue/enter?link={entry}", scene.console));
    browser.click("button.main");
    browser.sees("h1", "Mon compte");
    browser.click("a[href='/self/identities']");
    browser.sees("h1", "Relier une identité");
    browser.page_at_both_widths("own-identity-link");
    let script = "return document.querySelector('main a.button').href";
    let href = browser.ask(
        "POST",
        "/execute/sync",
        &serde_json::json!({"script": script, "args": []}),
    );
    let token = href
        .as_str()
        .unwrap()
        .split("link=")
        .nth(1)
        .unwrap()
        .to_owned();

    // The person who invited, or found the link, gains nothing by it.
    assert_eq!(
        post(&stranger, "/.digue/enter", &format!("link={token}")).status,
        422
    );
    assert_eq!(
        delegate
            .get(&format!("/self/identities?link={token}"))
            .status,
        422
    );
    assert_eq!(
        delegate
            .get(&format!("/.digue/provider/proconnect?link={token}"))
            .status,
        403
    );
    let away = stranger.get(&format!("/.digue/provider/proconnect?link={token}"));
    assert_eq!(
        (away.status, away.header("location")),
        (303, Some("/.digue/sign-in"))
    );

    browser.click("main a.button");
    at_provider(&browser, "marie", "pwd");
    browser.sees("dl", "a1");
    browser.click("form[action='/.digue/identity/link'] button");
    browser.sees("main", "ProConnect");
    browser.go(&format!("{}/self/identities?link={token}", scene.console));
    browser.sees("main", "Ce lien n'est plus valable");

    // A code of one's own completes the weak factor; a wrong one does not, and nothing begins anew.
    browser.go(&format!("{}/self/password", scene.console));
    let secret = totp_rs::Secret::try_from_base32(browser.text("form code")).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    let code = || {
        totp.generate(u64::try_from(digue_testkit::holder::now_secs()).unwrap())
            .to_string()
    };
    browser.write("#password", "cheval agrafe pile correct");
    browser.write("#code", &code());
    browser.click("form.stack button");
    browser.sees("h1", "Codes de secours");
    let rescue = browser.text("main ul li, main ol li");
    browser.go(&format!("{}/self", scene.console));
    scene.leave(&browser);
    scene.leave_provider(&browser);
    scene.sign_in(&browser, "proconnect", Some(("marie", "pwd")));
    browser.sees("h1", "Une preuve supplémentaire");
    browser.write("#code", "000000");
    browser.click("form.stack button");
    browser.sees("main", "Le code est incorrect");
    browser.page_at_both_widths("step-up-code");
    browser.write("#code", &rescue);
    browser.click("form.stack button");
    browser.sees("h1", "Bonjour");
}

#[test]
fn a_sensitive_act_is_proved_at_the_provider_and_nothing_is_lost() {
    let mut scene = Scene::open("[sessions]\nproof = \"8s\"\n");
    let browser = Browser::open("fr");
    scene.link(&browser, "a1", "marie");
    let deadline = Instant::now() + digue_testkit::PATIENCE;
    while !browser.text("main").contains("Prouver avec ProConnect") {
        assert!(Instant::now() < deadline, "the proof stays fresh");
        browser.go(&format!("{}/self", scene.console));
    }
    // The provider knows who it is, and asks again: a proof is made now or it is none.
    browser.click("a[href^='/.digue/provider/proconnect?proof']");
    at_provider(&browser, "marie", "mfa");
    browser.sees("h1", "Mon compte");
    browser.click("form[action='/self/identities/remove'] button");
    browser.sees("main", "seul moyen de vous connecter");
    // Another person's identity proves nothing; and the provider reports that the first one has
    // left.
    browser.go(&format!(
        "{}/.digue/provider/proconnect?proof=1",
        scene.console
    ));
    at_provider(&browser, "paul", "pop");
    browser.misses("h1", "Fournisseur d'identité");
    browser.go(&format!("{}/self", scene.console));
    let deadline = Instant::now() + digue_testkit::PATIENCE;
    while !browser.text("h1").contains("Se connecter") {
        assert!(Instant::now() < deadline, "the provider told nobody");
        browser.go(&format!("{}/self", scene.console));
    }
}

#[test]
fn what_a_provider_did_not_say_is_not_believed() {
    let mut scene = Scene::open("");
    let browser = Browser::open("fr");
    scene.link(&browser, "a1", "marie");
    let nobody = |browser: &Browser, why: &str| {
        browser.sees("main", why);
        browser.go(&format!("{}/self", scene.console));
        browser.sees("h1", "Se connecter");
    };
    scene.leave(&browser);

    // Everything as it should be; then the same answer again, elsewhere and here.
    scene.sign_in(&browser, "proconnect", None);
    browser.sees("h1", "Bonjour");
    let used = scene.provider.last_back();
    browser.go(&format!("{}/self", scene.console));
    scene.leave(&browser);
    browser.go(&format!("{}{used}", scene.console));
    nobody(&browser, "elle a déjà servi");
    let stranger = Client::new(scene.instance.address, CONSOLE_HOST);
    assert_eq!(
        stranger.get(&used).status,
        422,
        "without what the browser held"
    );

    // A code that was used, with a state that is good.
    let begun = stranger.get("/.digue/provider/proconnect");
    assert_eq!(begun.status, 303, "{}", begun.text());
    let cookie = begun.header("set-cookie").unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("Secure"),
        "{cookie}"
    );
    let place = begun.header("location").unwrap().to_owned();
    let parameter = |text: &str, name: &str| -> String {
        let (_, query) = text.split_once('?').unwrap();
        let found = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name);
        found.map(|(_, value)| value.to_owned()).unwrap_or_default()
    };
    assert!(parameter(&place, "state").len() >= 32 && parameter(&place, "nonce").len() >= 32);
    assert!(parameter(&place, "claims").contains("amr"), "{place}");
    assert!(
        !place.contains("max_age"),
        "what ProConnect does not know is not asked"
    );
    let holder = stranger.with_named_cookie(cookie.split(';').next().unwrap());
    let (state, code) = (parameter(&place, "state"), parameter(&used, "code"));
    let issuer = parameter(&used, "iss");
    let replayed =
        format!("/.digue/provider/proconnect/back?code={code}&state={state}&iss={issuer}");
    // From another provider first: the state is spent on it.
    let begin = || {
        parameter(
            holder
                .get("/.digue/provider/proconnect")
                .header("location")
                .unwrap(),
            "state",
        )
    };
    let other = begin();
    let elsewhere = format!("/.digue/provider/relache/back?code={code}&state={other}&iss={issuer}");
    assert_eq!(
        holder.get(&elsewhere).status,
        422,
        "another provider's answer"
    );
    let other = begin();
    let mixed = format!(
        "/.digue/provider/proconnect/back?code={code}&state={other}&iss=https%3A%2F%2Fmalice.fr"
    );
    assert_eq!(holder.get(&mixed).status, 422, "another issuer's");
    let other = begin();
    let silent = format!("/.digue/provider/proconnect/back?code={code}&state={other}");
    assert_eq!(
        holder.get(&silent).status,
        422,
        "an issuer that says who it is, and does not"
    );
    let answer = holder.get(&replayed);
    assert!(
        answer.status == 422 && answer.header("set-cookie").is_none(),
        "{}",
        answer.text()
    );
    for wrong in ["inconnu", "PROCONNECT", "usagers"] {
        assert_eq!(
            holder.get(&format!("/.digue/provider/{wrong}")).status,
            404,
            "{wrong}"
        );
    }

    // The signed token is not what was requested, or not from its issuer.
    let hour_ago = 3600;
    let now = digue_testkit::holder::now_secs();
    for (wrong, what) in [
        (
            json!({"nonce": "un-autre-nonce-de-plus-de-trente-deux-signes"}),
            "nonce",
        ),
        (
            json!({"idToken": {}, "key": "foreign"}),
            "another key of the same name",
        ),
        (json!({"idToken": {}, "key": "none"}), "no signature"),
        (
            json!({"idToken": {}, "key": "secret"}),
            "the client's own secret",
        ),
        (json!({"idToken": {"aud": "un-autre"}}), "audience"),
        (
            json!({"idToken": {"aud": ["digue", "un-autre"]}}),
            "two audiences",
        ),
        (json!({"idToken": {"azp": "un-autre"}}), "authorised party"),
        (json!({"idToken": {"iss": "https://malice.fr"}}), "issuer"),
        (json!({"idToken": {"exp": now - hour_ago}}), "over"),
        (json!({"idToken": {"iat": now - hour_ago}}), "old"),
        (json!({"idToken": {"iat": now + hour_ago}}), "not yet"),
        (json!({"idToken": {"sub": ""}}), "nobody"),
        (
            json!({"idToken": {"sub": "paul"}}),
            "the user info is about somebody else",
        ),
        (
            json!({"idToken": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}}),
            "another access token",
        ),
        (
            json!({"userinfo": {"sub": "paul"}}),
            "user info about another",
        ),
        (
            json!({"userinfo": {"aud": "un-autre"}}),
            "user info for another",
        ),
        (
            json!({"userinfo": {}, "key": "foreign"}),
            "user info by another",
        ),
        (
            json!({"userinfo": {}, "key": "none"}),
            "user info by nobody",
        ),
    ] {
        scene.provider.wrong(wrong);
        scene.sign_in(&browser, "proconnect", None);
        println!("{what}");
        nobody(&browser, "ne prouve rien");
    }
    // The provider that signs nothing of its user info.
    scene.provider.wrong(json!({}));
    scene.sign_in(&browser, "relache", None);
    nobody(&browser, "ne prouve rien");

    // And it still works.
    scene.sign_in(&browser, "proconnect", None);
    browser.sees("h1", "Bonjour");
    browser.go(&format!("{}/self", scene.console));
    scene.leave(&browser);
    scene.leave_provider(&browser);
    browser.go(&format!("{}/.digue/sign-in", scene.console));
    browser.click("a[href^='/.digue/provider/proconnect']");
    browser.sees("h1", "Fournisseur d'identité");
    browser.click("#no");
    nobody(&browser, "n'a pas confirmé");
}

#[test]
fn the_provider_ends_what_it_opened() {
    let mut scene = Scene::open("");
    let browser = Browser::open("fr");
    let portal = scene.instance.sign_in("a1");
    let again = scene.instance.link("a1", PORTAL_HOST);
    scene.link(&browser, "a1", "marie");
    let portal = match portal.get("/fiche/P1").status {
        200 => portal,
        // The instance restarted for the invitation; sessions outlive that, and so does this one.
        status => panic!("{status}"),
    };
    let here = |browser: &Browser, is_in: bool| {
        browser.go(&format!("{}/self", scene.console));
        browser.sees("h1", if is_in { "Mon compte" } else { "Se connecter" });
    };
    here(&browser, true);

    let now = digue_testkit::holder::now_secs();
    let events = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    let good = json!({"iss": scene.provider.issuer, "aud": "digue", "iat": now, "exp": now + 120, "sub": "marie",
                      "jti": "un", "events": events});
    let tell = |claims: &Value, key: &str| {
        let token = scene
            .provider
            .ask("/sign", &json!({"claims": claims, "key": key}))["token"]
            .clone();
        let body = format!("logout_token={}", token.as_str().unwrap());
        scene
            .post("/.digue/provider/proconnect/logout", &body)
            .status
    };
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    for key in ["foreign", "none", "secret"] {
        assert_eq!(tell(&good, key), 400, "{key}");
    }
    for (name, value) in [
        ("events", json!({})),
        (
            "events",
            json!({"http://schemas.openid.net/event/backchannel-logout": "yes"}),
        ),
        ("nonce", json!("n")),
        ("aud", json!("digue-relache")),
        ("aud", json!(["digue", "un-autre"])),
        ("iss", json!("https://malice.fr")),
        ("iat", json!(now - 3600)),
        ("iat", json!(now + 3600)),
        ("iat", Value::Null),
        ("exp", json!(now - 1)),
        ("jti", Value::Null),
        ("sub", Value::Null),
    ] {
        assert_eq!(
            tell(&with(name, value.clone()), "rsa"),
            400,
            "{name} {value}"
        );
    }
    assert_eq!(
        scene
            .post("/.digue/provider/proconnect/logout", "logout_token=a.b.c")
            .status,
        400
    );
    assert_eq!(
        scene
            .post("/.digue/provider/inconnu/logout", "logout_token=a.b.c")
            .status,
        404
    );
    // A token of another kind by the same key.
    let other = json!({"claims": good, "key": "rsa", "typ": "at+jwt"});
    let token = scene.provider.ask("/sign", &other)["token"].clone();
    let body = format!("logout_token={}", token.as_str().unwrap());
    assert_eq!(
        scene
            .post("/.digue/provider/proconnect/logout", &body)
            .status,
        400
    );
    // The end of another user's session ends none here.
    assert_eq!(tell(&with("sub", json!("paul")), "rsa"), 200);
    here(&browser, true);
    assert_eq!(portal.get("/fiche/P1").status, 200);

    // Its own: every session of the account, the portal's too; and the token is good once.
    assert_eq!(tell(&with("jti", json!("deux")), "ec"), 200);
    assert_eq!(tell(&with("jti", json!("deux")), "ec"), 400, "once");
    here(&browser, false);
    assert_ne!(portal.get("/fiche/P1").status, 200);

    // The console was left meanwhile, and a portal's session continues: the provider's end ends it,
    // too.
    let portal = Client::new(scene.instance.address, PORTAL_HOST);
    let entered = portal.send(
        "POST",
        "/.digue/enter",
        &FORM,
        format!("link={again}").as_bytes(),
    );
    let cookie = entered
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let portal = portal.with_named_cookie(&cookie);
    scene.sign_in(&browser, "proconnect", None);
    browser.sees("h1", "Bonjour");
    here(&browser, true);
    scene.leave(&browser);
    assert_eq!(portal.get("/fiche/P1").status, 200);
    assert_eq!(tell(&with("jti", json!("trois")), "rsa"), 200);
    assert_ne!(portal.get("/fiche/P1").status, 200);

    // As the provider itself says it, when its own page is left.
    scene.sign_in(&browser, "proconnect", None);
    browser.sees("h1", "Bonjour");
    here(&browser, true);
    scene.leave_provider(&browser);
    let deadline = Instant::now() + digue_testkit::PATIENCE;
    while scene.provider.ask("/seen", &json!({}))["logouts"] == 0 {
        assert!(Instant::now() < deadline, "the provider told nobody");
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    }
    here(&browser, false);
    let history = scene.instance.acts();
    let cut: Vec<&Value> = history
        .iter()
        .filter(|entry| entry["act"] == "session-cut")
        .collect();
    assert!(
        cut.iter()
            .any(|entry| entry["after"] == "provider:proconnect"),
        "{cut:?}"
    );
}

#[test]
fn a_person_comes_in_by_an_identity_and_is_nobody_elses() {
    let files = tempfile::tempdir().unwrap();
    let database = files.path().join("persons.db");
    let fill = "
import sqlite3, sys
base = sqlite3.connect(sys.argv[1])
base.execute('CREATE TABLE people (id TEXT, email TEXT)')
base.executemany('INSERT INTO people VALUES (?, ?)', [
    ('P2', 'luc@fournisseur.fr'), ('P3', 'deux@fournisseur.fr'), ('P4', 'deux@fournisseur.fr')])
base.commit()";
    let filled = Command::new(python("python"))
        .args(["-c", fill])
        .arg(&database)
        .status()
        .unwrap();
    assert!(filled.success());
    let mut scene = Scene::open("");
    // The same provider and client; the portal's own source says who it is.
    let place = scene.instance.folder.path().join("digue.toml");
    let text = std::fs::read_to_string(&place).unwrap();
    let by_source = format!(
        "url = \"sqlite:{}\"\nquery = \"SELECT id AS person FROM people WHERE email = $1\"\nclaims = [\"email\"]",
        database.display()
    );

    let a1 = scene.instance.sign_in("a1");
    assert_eq!(a1.get("/fiche/P1").status, 200);
    let browser = Browser::open("fr");
    browser.width(1280);
    browser.go(&format!("{}/person", scene.console));
    browser.sees("main", "Se connecter avec Mon compte usager");
    browser.page_at_both_widths("person-door-provider");
    browser.click("main a.button");
    at_provider(&browser, "p1", "mfa");
    browser.sees("h1", "Qui a consulté");
    browser.sees("main", "of-1");
    browser.click("form[action='/person/leave'] button");
    browser.sees("h1", "session est fermée");
    browser.sees("main", "Mon compte usager");
    // Another user of the same machine is asked who they are; a provider that did not ask is
    // refused.
    scene.provider.wrong(json!({"age": 3600}));
    browser.go(&format!("{}/person/door", scene.console));
    browser.click("main a.button");
    at_provider(&browser, "p1", "mfa");
    browser.sees("main", "de vous authentifier de nouveau");
    scene.provider.wrong(json!({}));
    browser.go(&format!("{}/person/door", scene.console));
    browser.click("main a.button");
    at_provider(&browser, "ceci n'est pas un dossier", "mfa");
    browser.sees("main", "ne vous a pas retrouvé");
    browser.go(&format!("{}/person", scene.console));
    browser.sees("main", "J'ai reçu un courrier");

    assert!(scene.instance.stop());
    std::fs::write(&place, text.replace("claim = \"dossier\"", &by_source)).unwrap();
    scene.instance.start();
    for (login, is_known) in [("luc", true), ("deux", false), ("personne", false)] {
        browser.go(&format!("{}/person/door", scene.console));
        browser.click("main a.button");
        at_provider(&browser, login, "mfa");
        browser.sees(
            if is_known { "h1" } else { "main" },
            if is_known {
                "Qui a consulté"
            } else {
                "retrouvé"
            },
        );
    }
    // The provider ends a person's session, too.
    browser.go(&format!("{}/person/door", scene.console));
    browser.click("main a.button");
    at_provider(&browser, "luc", "mfa");
    browser.sees("h1", "Qui a consulté");
    let now = digue_testkit::holder::now_secs();
    let claims = json!({"iss": scene.provider.issuer, "aud": "digue-usagers", "iat": now, "sub": "luc", "jti": "x",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}}});
    let token = scene
        .provider
        .ask("/sign", &json!({"claims": claims, "key": "rsa"}))["token"]
        .clone();
    let body = format!("logout_token={}", token.as_str().unwrap());
    assert_eq!(
        scene.post("/.digue/provider/usagers/logout", &body).status,
        200
    );
    browser.go(&format!("{}/person", scene.console));
    browser.sees("main", "J'ai reçu un courrier");
}

#[test]
fn faults_of_a_provider_are_told_with_their_line() {
    let instance = Instance::open(&Plan::usual(), obliging);
    let place = instance.folder.path().join("digue.toml");
    let text = std::fs::read_to_string(&place).unwrap();
    std::fs::write(instance.folder.path().join("empty"), "\n").unwrap();
    std::fs::write(
        &place,
        format!(
            "{text}\n[[providers]]\nid = \"Pro Connect\"\nissuer = \"http://fournisseur.fr\"\nclient = \"c\"\n\
             secret_file = \"missing\"\nfor = \"everybody\"\nuserinfo = \"maybe\"\ntypo = 1\n\
             [[providers]]\nid = \"usagers\"\nissuer = \"https://fournisseur.fr\"\nclient = \"c\"\n\
             secret_file = \"empty\"\nfor = \"persons\"\n"
        ),
    )
    .unwrap();
    let done = digue(instance.folder.path(), &["check"]);
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    assert!(!done.status.success());
    for name in [
        "id",
        "issuer",
        "secret_file",
        "for",
        "userinfo",
        "typo",
        "person",
    ] {
        assert!(said.contains(&format!("{name}\"")), "{name}: {said}");
    }
    let good = "[[providers]]\nid = \"usagers\"\nissuer = \"https://fournisseur.fr\"\nclient = \"c\"\n\
                secret_file = \"secret\"\nfor = \"persons\"\n[providers.person]\npopulation = \"ailleurs\"\n\
                claim = \"sub\"\n";
    std::fs::write(instance.folder.path().join("secret"), SECRET).unwrap();
    std::fs::write(&place, format!("{text}\n{good}")).unwrap();
    let done = digue(instance.folder.path(), &["check"]);
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    assert!(
        !done.status.success() && said.contains("ailleurs"),
        "{said}"
    );
    std::fs::write(
        &place,
        format!("{text}\n{good}{good}").replace("ailleurs", "personnes"),
    )
    .unwrap();
    let done = digue(instance.folder.path(), &["check"]);
    assert!(!done.status.success(), "two of one name");
    std::fs::write(
        &place,
        format!("{text}\n{good}").replace("ailleurs", "personnes"),
    )
    .unwrap();
    let done = digue(instance.folder.path(), &["check"]);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}
