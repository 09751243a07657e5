//! Debian's Chromium, driven over WebDriver.

use std::cell::Cell;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use digue_testkit::{Answer, Client};
use serde_json::{Value, json};

use crate::python::site_packages;

/// A browser and its driver.
pub(crate) struct Browser {
    driver: Child,
    client: Client,
    session: String,
    _profile: tempfile::TempDir,
    /// Clicks and keystrokes so far.
    effort: Cell<(u32, u32)>,
    /// Pages may run scripts.
    scripts: bool,
}

impl Browser {
    pub(crate) fn open(language: &str) -> Self {
        Self::open_with(language, true)
    }

    /// A browser in which no page runs a script.
    pub(crate) fn without_scripts(language: &str) -> Self {
        let browser = Self::open_with(language, false);
        browser.go("data:text/html,<p id=p>off</p><script>p.textContent='on'</script>");
        assert_eq!(browser.text("#p"), "off");
        browser
    }

    fn open_with(language: &str, scripts: bool) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Debian's package chromium-driver is installed");
        let address = ([127, 0, 0, 1], port).into();
        let client = Client::new(address, &format!("127.0.0.1:{port}"));
        let deadline = Instant::now() + digue_testkit::PATIENCE;
        while client.try_send("GET", "/status", &[], b"").is_err() {
            assert!(Instant::now() < deadline, "chromedriver did not start");
            std::thread::park_timeout(Duration::from_millis(50));
        }
        let profile = tempfile::tempdir().unwrap();
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-quic".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            format!("--user-data-dir={}", profile.path().display()),
            format!("--lang={language}"),
            format!("--accept-lang={language}"),
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            // The identity provider of a test has a certificate of its own.
            "acceptInsecureCerts": true,
            "goog:chromeOptions": {"args": arguments, "prefs": {
                "intl.accept_languages": language,
                "profile.managed_default_content_settings.javascript": if scripts { 1 } else { 2 },
            }},
        }}});
        let mut browser = Self {
            driver,
            client,
            session: String::new(),
            _profile: profile,
            effort: Cell::default(),
            scripts,
        };
        let made = browser.call("POST", "/session", &wanted);
        browser.session = made["sessionId"].as_str().expect("a session").to_owned();
        browser
    }

    #[track_caller]
    pub(crate) fn call(&self, method: &str, target: &str, body: &Value) -> Value {
        let bytes = if method == "POST" {
            body.to_string().into_bytes()
        } else {
            Vec::new()
        };
        let kind = [("content-type", "application/json")];
        let answer = self.send(method, target, &kind, &bytes);
        let value: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(answer.status, 200, "{method} {target}: {value}");
        value["value"].clone()
    }

    /// The driver closes a connection now and then without having read the command.
    pub(crate) fn send(
        &self,
        method: &str,
        target: &str,
        kind: &[(&str, &str)],
        bytes: &[u8],
    ) -> Answer {
        for _ in 0..5 {
            if let Ok(answer) = self.client.try_send(method, target, kind, bytes) {
                return answer;
            }
            std::thread::park_timeout(Duration::from_millis(100));
        }
        panic!("the driver does not answer {method} {target}");
    }

    #[track_caller]
    pub(crate) fn ask(&self, method: &str, rest: &str, body: &Value) -> Value {
        self.call(method, &format!("/session/{}{rest}", self.session), body)
    }

    pub(crate) fn go(&self, url: &str) {
        self.worked(1, 0);
        self.ask("POST", "/url", &json!({"url": url}));
    }

    pub(crate) fn place(&self) -> String {
        self.ask("GET", "/url", &Value::Null)
            .as_str()
            .unwrap()
            .to_owned()
    }

    #[track_caller]
    pub(crate) fn element(&self, css: &str) -> String {
        assert!(
            self.count(css) > 0,
            "no {css} at {}:\n{}",
            self.place(),
            self.text("body")
        );
        let found = self.ask(
            "POST",
            "/element",
            &json!({"using": "css selector", "value": css}),
        );
        found
            .as_object()
            .unwrap()
            .values()
            .next()
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    }

    fn worked(&self, clicks: u32, keys: usize) {
        let (before, typed) = self.effort.get();
        self.effort
            .set((before + clicks, typed + u32::try_from(keys).unwrap()));
    }

    pub(crate) fn forget_effort(&self) {
        self.effort.set((0, 0));
    }

    /// Clicks and keystrokes since the count was reset; going to another page is a click.
    pub(crate) fn effort(&self) -> (u32, u32) {
        self.effort.get()
    }

    #[track_caller]
    /// The first that is shown: the menu has some buttons twice, for a wide window and for a phone.
    pub(crate) fn click(&self, css: &str) {
        self.worked(1, 0);
        let first = self.element(css);
        let is_shown = |element: &String| {
            self.ask(
                "GET",
                &format!("/element/{element}/displayed"),
                &Value::Null,
            ) == json!(true)
        };
        let element = self
            .elements(css)
            .into_iter()
            .find(is_shown)
            .unwrap_or(first);
        self.ask("POST", &format!("/element/{element}/click"), &json!({}));
    }

    /// How many elements there are.
    pub(crate) fn count(&self, css: &str) -> usize {
        self.elements(css).len()
    }

    fn elements(&self, css: &str) -> Vec<String> {
        let found = self.ask(
            "POST",
            "/elements",
            &json!({"using": "css selector", "value": css}),
        );
        let name = |one: &Value| {
            one.as_object()
                .unwrap()
                .values()
                .next()
                .unwrap()
                .as_str()
                .unwrap()
                .to_owned()
        };
        found.as_array().unwrap().iter().map(name).collect()
    }

    /// Sends the form at this place among those that fit, and waits until its page is gone.
    pub(crate) fn submit(&self, css: &str, place: usize) {
        self.worked(1, 0);
        if !self.scripts {
            let button = &self.elements(&format!("{css} button:last-of-type"))[place];
            self.ask("POST", &format!("/element/{button}/click"), &json!({}));
            return;
        }
        let script = "window.stays = true; document.querySelectorAll(arguments[0])[arguments[1]].requestSubmit()";
        self.ask(
            "POST",
            "/execute/sync",
            &json!({"script": script, "args": [css, place]}),
        );
        self.waits_for_the_next_page();
    }

    /// Clicks, and waits until the page is gone: what the click sends has been answered, so that
    /// another browser sees it.
    #[track_caller]
    pub(crate) fn click_through(&self, css: &str) {
        if !self.scripts {
            return self.click(css);
        }
        self.ask(
            "POST",
            "/execute/sync",
            &json!({"script": "window.stays = true", "args": []}),
        );
        self.click(css);
        self.waits_for_the_next_page();
    }

    #[track_caller]
    fn waits_for_the_next_page(&self) {
        let deadline = Instant::now() + digue_testkit::PATIENCE;
        let gone = json!({"script": "return window.stays !== true && document.readyState === 'complete'", "args": []});
        while self.ask("POST", "/execute/sync", &gone) != json!(true) {
            assert!(
                Instant::now() < deadline,
                "the form was not sent, at {}",
                self.place()
            );
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    pub(crate) fn write(&self, css: &str, text: &str) {
        self.worked(1, text.chars().count());
        let element = self.element(css);
        self.ask(
            "POST",
            &format!("/element/{element}/value"),
            &json!({"text": text}),
        );
    }

    /// Chooses in a list.
    pub(crate) fn choose(&self, css: &str, value: &str) {
        self.click(&format!("{css} option[value='{value}']"));
    }

    pub(crate) fn text(&self, css: &str) -> String {
        let element = self.element(css);
        self.ask("GET", &format!("/element/{element}/text"), &Value::Null)
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Waits until the element says this: a click returns before the page that it leads to.
    #[track_caller]
    pub(crate) fn sees(&self, css: &str, wanted: &str) {
        let deadline = Instant::now() + digue_testkit::PATIENCE;
        loop {
            let text = self.try_text(css);
            if text.as_ref().is_some_and(|text| text.contains(wanted)) {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{css} says {text:?}, not {wanted:?}, at {}",
                self.place()
            );
            std::thread::park_timeout(Duration::from_millis(30));
        }
    }

    /// Waits until the element no longer says this.
    #[track_caller]
    pub(crate) fn misses(&self, css: &str, unwanted: &str) {
        let deadline = Instant::now() + digue_testkit::PATIENCE;
        while self
            .try_text(css)
            .is_none_or(|text| text.contains(unwanted))
        {
            assert!(
                Instant::now() < deadline,
                "{css} still says {unwanted:?} at {}",
                self.place()
            );
            std::thread::park_timeout(Duration::from_millis(30));
        }
    }

    #[track_caller]
    pub(crate) fn arrives(&self, place: &str) {
        let deadline = Instant::now() + digue_testkit::PATIENCE;
        while self.place() != place {
            assert!(
                Instant::now() < deadline,
                "at {}, not {place}",
                self.place()
            );
            std::thread::park_timeout(Duration::from_millis(30));
        }
    }

    /// The element's text; nothing when it is not there, or no longer.
    pub(crate) fn try_text(&self, css: &str) -> Option<String> {
        let kind = [("content-type", "application/json")];
        let body = json!({"using": "css selector", "value": css}).to_string();
        let target = format!("/session/{}/element", self.session);
        let found = self.send("POST", &target, &kind, body.as_bytes());
        let found: Value = serde_json::from_slice(&found.body).ok()?;
        let element = found["value"].as_object()?;
        if element.contains_key("error") {
            return None;
        }
        let element = element.values().next()?.as_str()?.to_owned();
        let target = format!("/session/{}/element/{element}/text", self.session);
        let text = self.send("GET", &target, &kind, b"");
        let text: Value = serde_json::from_slice(&text.body).ok()?;
        (text["value"].is_string())
            .then(|| text["value"].as_str().map(ToOwned::to_owned))
            .flatten()
    }

    /// Presses a key wherever the focus is.
    pub(crate) fn press(&self, key: &str) {
        let actions = [
            json!({"type": "keyDown", "value": key}),
            json!({"type": "keyUp", "value": key}),
        ];
        let body = json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]});
        self.ask("POST", "/actions", &body);
    }

    pub(crate) fn width(&self, width: u32) {
        self.ask(
            "POST",
            "/window/rect",
            &json!({"width": width, "height": 1400}),
        );
    }

    /// True when the page does not scroll sideways.
    pub(crate) fn fits(&self) -> bool {
        let script =
            "return document.documentElement.scrollWidth <= document.documentElement.clientWidth";
        self.ask(
            "POST",
            "/execute/sync",
            &json!({"script": script, "args": []}),
        )
        .as_bool()
        .unwrap()
    }

    /// Plugs in an authenticator that knows its holder, as a telephone does.
    pub(crate) fn plug_in_authenticator(&self) {
        let authenticator = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
            "hasUserVerification": true, "isUserConsenting": true, "isUserVerified": true,
        });
        self.ask("POST", "/webauthn/authenticator", &authenticator);
    }

    /// As a device that is set so; colours change at once, without a transition.
    fn theme(&self, theme: &str) {
        let features = json!([
            {"name": "prefers-color-scheme", "value": theme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]);
        let command =
            json!({"cmd": "Emulation.setEmulatedMedia", "params": {"features": features}});
        self.ask("POST", "/goog/cdp/execute", &command);
    }

    /// One of Digue's own pages: usable by everyone (goal L6), and pictured.
    #[track_caller]
    pub(crate) fn page(&self, name: &str) {
        // It is looked at where scripts run: the page is the same.
        if !self.scripts {
            return;
        }
        let library =
            std::fs::read_to_string(site_packages("axe_playwright_python/axe.min.js")).unwrap();
        // Faults of every severity; then the contrast of the other theme.
        for (theme, rules) in [
            ("light", json!({})),
            ("dark", json!({"runOnly": ["color-contrast"]})),
        ] {
            self.theme(theme);
            let ask = "return axe.run(document, arguments[0]).then(found => found.violations\
                         .map(fault => fault.id + ' ' + fault.nodes.map(node => node.target).join(', ')))";
            let script = format!("{library}; {ask}");
            let faults = self.ask(
                "POST",
                "/execute/sync",
                &json!({"script": script, "args": [rules]}),
            );
            assert_eq!(faults, json!([]), "{name}, {theme}");
        }
        self.theme("light");
        self.picture(name);
    }

    /// The page at the width of a desk and of a telephone, where it must not scroll sideways.
    #[track_caller]
    pub(crate) fn page_at_both_widths(&self, name: &str) {
        self.page(name);
        self.width(400);
        assert!(self.fits(), "{name} scrolls sideways on a telephone");
        self.page(&format!("{name}-phone"));
        self.width(1280);
    }

    /// Saves a picture when they are requested.
    pub(crate) fn picture(&self, name: &str) {
        #[expect(
            clippy::disallowed_methods,
            reason = "whoever writes the guide says where pictures go"
        )]
        let Ok(folder) = std::env::var("DIGUE_SCREENSHOTS") else {
            return;
        };
        let picture = self.ask("GET", "/screenshot", &Value::Null);
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(picture.as_str().unwrap())
            .unwrap();
        std::fs::write(
            std::path::Path::new(&folder).join(format!("{name}.png")),
            bytes,
        )
        .unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            let target = format!("/session/{}", self.session);
            let _ = self.client.try_send("DELETE", &target, &[], b"");
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
