//! A real browser on the demonstration: Debian's Chromium, driven over WebDriver.

use std::time::Instant;

use digue_testkit::Client;
use serde_json::{Value, json};

use crate::demo::Stage;
use crate::webdriver::Browser;

const ENTER: &str = "\u{e007}";

#[test]
fn an_agent_and_an_officer_at_work() {
    let stage = Stage::open();
    let [agent_link, _, _, officer_link] = &stage.links[..] else {
        panic!("four links")
    };
    let portal = agent_link.split("/.digue").next().unwrap().to_owned();
    let console = officer_link.split("/.digue").next().unwrap().to_owned();
    let agent = Browser::open("fr");
    agent.width(1280);

    // Someone who is not signed in is told what to do.
    agent.go(&portal);
    agent.sees("h1", "ne peut pas être affichée");
    agent.page("refusal");

    // The agent signs in with the keyboard alone, and opens a person of the caseload.
    agent.go(agent_link);
    agent.sees("main", "of-000.agent2");
    agent.page("enter");
    agent.press(ENTER);
    agent.sees("h1", "Mes stagiaires");
    let person = agent.text("tbody tr td a");
    agent.click("tbody tr td a");
    agent.sees("dl", &person);
    assert!(agent.place().ends_with(&format!("/fiche/{person}")));

    // Another account's person stays closed.
    agent.go(&format!("{portal}/fiche/1000003A"));
    agent.sees("main", "pas dans votre portefeuille");
    agent.page_at_both_widths("outside");

    // The officer sees it, and closes the agent's gate.
    let officer = Browser::open("fr");
    officer.width(1280);
    officer.go(officer_link);
    officer.click("button.main");
    officer.sees("h1", "Accueil");
    officer.page("now");
    assert!(officer.fits());
    officer.write("#q", &format!("{person}{ENTER}"));
    officer.sees("h1", "Qui a consulté");
    officer.sees("main", "of-000.agent2");
    officer.page_at_both_widths("person");
    // The persons shown to the account, as a number, a picture and a table.
    officer.go(&format!("{console}/scope"));
    officer.write("#account", "of-000.agent2");
    officer.click("form.card button");
    officer.sees(".figures", "exact");
    officer.sees("#list", &person);
    officer.page_at_both_widths("scope");
    officer.go(&format!("{console}/journal"));
    officer.click("tbody details summary");
    officer.sees("main", "Reçu vérifiable");
    officer.page_at_both_widths("journal");
    officer.go(&format!("{console}/accounts/of-000.agent2"));
    officer.sees("h1", "of-000.agent2");
    officer.page("account");
    officer.choose("#gg", "closed");
    officer.write("#gr", "exercice de fermeture");
    officer.click("form.grid button.main");
    officer.sees("#gates", "fermée");
    agent.go(&format!("{portal}/fiche/{person}"));
    agent.sees("main", "fermé par mesure de sécurité");
    officer.go(&format!("{console}/break-glass"));
    officer.sees("h1", "Bris de glace");
    officer.page_at_both_widths("break-glass");

    // The same pages on a telephone, and in English.
    officer.width(400);
    officer.go(&console);
    assert!(officer.fits(), "the page scrolls sideways on a telephone");
    officer.page("now-phone");
    officer.width(1280);
    officer.click("button[lang=en]");
    officer.sees("nav", "Home");
    officer.go(&format!("{console}/"));
    officer.sees("h1", "Home");
    officer.page("now-english");
    officer.go(&format!("{console}/scope?account=of-000.agent2"));
    officer.sees("h1", "Who was shown");
    officer.page("scope-english");
}

#[test]
fn an_officer_comes_back_with_a_passkey() {
    let stage = Stage::open();
    let [agent_link, _, _, officer_link] = &stage.links[..] else {
        panic!("four links")
    };
    let portal = agent_link.split("/.digue").next().unwrap().to_owned();
    let console = officer_link.split("/.digue").next().unwrap().to_owned();
    let officer = Browser::open("fr");
    officer.width(1280);
    officer.plug_in_authenticator();

    // The first time with the link from the terminal; then a passkey.
    officer.go(officer_link);
    officer.click("button.main");
    officer.sees("h1", "Accueil");
    officer.go(&format!("{console}/self"));
    officer.sees("main", "D'abord, votre clé d'accès");
    officer.write("#name", "téléphone");
    officer.click("form[data-passkey] button");
    officer.sees("h1", "Accueil");
    officer.go(&format!("{console}/self"));
    officer.sees("table", "téléphone");
    officer.page_at_both_widths("own");

    // Out, and in again with nothing but the passkey; on to the requested page.
    officer.click("form[action='/.digue/leave'] button");
    officer.sees("h1", "Se connecter");
    officer.page_at_both_widths("sign-in");
    officer.click("form[data-passkey] button");
    officer.sees("h1", "Bonjour");
    officer.sees("main", "lien à usage unique");
    officer.page_at_both_widths("welcome");
    officer.press(ENTER);
    officer.sees("h1", "Accueil");

    // The portal sends visitors whom it does not know to the console, which knows them.
    officer.go(&format!("{portal}/.digue/sign-in?next=/recherche"));
    officer.sees("main", "Vous allez vous connecter à");
    officer.click("button.main");
    officer.arrives(&format!("{portal}/recherche"));

    // The accounts, and one of them suspended.
    officer.go(&format!("{console}/accounts?q=of-000"));
    officer.sees("h1", "Comptes");
    officer.page_at_both_widths("accounts");

    officer.go(&format!("{console}/approvals"));
    officer.sees("h1", "Approbations");
    officer.page_at_both_widths("approvals");

    // The pages of the console, at both widths.
    let rooms = [
        ("organisations", "Organisations"),
        ("organisations/of-000", "of-000"),
        ("sessions", "Sessions ouvertes"),
        ("journal", "Journal"),
        ("portals", "Portails"),
        ("settings", "Réglages"),
    ];
    for (room, title) in rooms {
        officer.go(&format!("{console}/{room}"));
        officer.sees("h1", title);
        officer.page_at_both_widths(&room.replace('/', "-"));
    }

    // The page that is followed reloads itself when the journal has grown.
    officer.go(&format!("{console}/activity?live=1"));
    officer.sees("h1", "Activité");
    let before = officer.text("[data-live=now] .figures p:nth-child(3) strong");
    let other = Browser::open("fr");
    other.go(&stage.links[1]);
    other.click("button.main");
    other.sees("h1", "Accueil");
    officer.misses("[data-live=now] .figures p:nth-child(3) strong", &before);

    // Two sessions now; one act ends the other one.
    officer.go(&console);
    officer.sees("h1", "Accueil");
    officer.go(&format!("{console}/self"));
    officer.sees("main", "Couper toutes les autres");
    officer.click("button.danger");
    officer.misses("main", "Couper toutes les autres");
    officer.go(&format!("{portal}/recherche"));
    officer.sees("h1", "ne peut pas être affichée");
}

#[test]
fn a_new_colleague_is_asked_for_granted_and_invited() {
    let stage = Stage::open();
    let [_, delegate_link, dpo_link, officer_link] = &stage.links[..] else {
        panic!("four links")
    };
    let console = officer_link.split("/.digue").next().unwrap().to_owned();
    let (officer, delegate) = (Browser::open("fr"), Browser::open("fr"));
    officer.width(1280);
    delegate.width(1280);
    officer.go(officer_link);
    officer.click("button.main");
    officer.sees("h1", "Accueil");
    officer.go(&format!("{console}/approvals"));
    officer.write("#account", "of-000.nouvelle");
    officer.choose("#role", "agent");
    officer.click("#organisation");
    officer.press("\u{e010}");
    for _ in 0.."operateur".len() {
        officer.press("\u{e003}");
    }
    officer.write("#organisation", "of-000");
    officer.write("#reason", "nouvelle collègue");
    officer.click("form.grid button.main");
    officer.sees("table", "attend une autre personne");

    // The delegate of that organisation grants it, and holds no invitation.
    delegate.go(delegate_link);
    delegate.click("button.main");
    delegate.sees("h1", "Accueil");
    delegate.go(&format!("{console}/approvals"));
    delegate.sees("table", "of-000.nouvelle");
    delegate.page("approvals-waiting");
    delegate.click("table button.main");
    delegate.sees("h1", "Invitation");
    delegate.sees("main", "Invitation en attente");
    delegate.page("invitation-waits");
    assert_eq!(delegate.count("code"), 0);
    delegate.go(&format!("{console}/accounts"));
    delegate.sees("table", "en quarantaine");
    assert_eq!(delegate.count("form[action='/accounts/invite']"), 0);
    delegate.page("accounts-delegate");
    // A person who neither requested nor granted it hands the invitation over.
    let dpo = Browser::open("fr");
    dpo.width(1280);
    dpo.go(dpo_link);
    dpo.click("button.main");
    dpo.sees("h1", "Accueil");
    dpo.go(&format!("{console}/accounts?q=of-000.nouvelle"));
    dpo.click("form[action='/accounts/invite'] button");
    dpo.sees("h1", "Invitation");
    dpo.page("invitation");
    let invitation = dpo.text("code");

    // The colleague enters, and makes a passkey.
    let colleague = Browser::open("fr");
    colleague.plug_in_authenticator();
    colleague.go(&invitation);
    colleague.click("button.main");
    colleague.sees("main", "D'abord, votre clé d'accès");
    colleague.write("#name", "ordinateur");
    colleague.click("form[data-passkey] button");
    // Not confirmed yet, she finds her code there.
    colleague.sees("h1", "Mon compte");
    colleague.sees("table", "ordinateur");

    colleague.width(1280);

    // Where the operator allows it: a password with a code, and out and in again with both.
    colleague.go(&format!("{console}/self/password"));
    colleague.sees("h1", "Mot de passe et code");
    colleague.page_at_both_widths("password");
    let secret = totp_rs::Secret::try_from_base32(colleague.text("form code")).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    let now = u64::try_from(digue_testkit::holder::now_secs()).unwrap();
    colleague.write("#password", "loutre granit parapluie 42");
    colleague.write("#code", &totp.generate(now).to_string());
    colleague.click("form.stack button.main");
    colleague.sees("h1", "Codes de secours");
    let rescue = colleague.text("ul.codes li:first-child code");
    colleague.page("codes");
    colleague.click("form[action='/.digue/leave'] button");
    colleague.sees("h1", "Se connecter");
    colleague.click("details:has(#account) summary");
    colleague.write("#account", "of-000.nouvelle");
    colleague.write("#password", "loutre granit parapluie 43");
    colleague.write("#code", &rescue);
    colleague.click("form[action='/.digue/password'] button");
    colleague.sees("main", "est incorrect");
    colleague.page("sign-in-password");
    colleague.write("#password", "loutre granit parapluie 42");
    colleague.write("#code", &rescue);
    colleague.click("form[action='/.digue/password'] button");
    colleague.sees("h1", "Bonjour");

    // Only a person with no part in it can confirm her, by the code that she reads out.
    colleague.go(&format!("{console}/self"));
    colleague.sees("main", "Code de confirmation");
    colleague.page_at_both_widths("own-code");
    let code = colleague.text("code.confirmation");
    let second = Browser::open("fr");
    second.width(1280);
    second.go(&stage.second);
    second.click("button.main");
    second.sees("h1", "Accueil");
    second.go(&format!("{console}/accounts?q=of-000.nouvelle"));
    second.click("details:has(input[name=how]) summary");
    second.write("input[name=code]", &code);
    second.write("input[name=how]", "appel au centre");
    second.page("accounts-confirm");
    second.click("form[action='/accounts/confirm'] button");
    second.misses("table", "quarantaine");
    // She comes in by what the code stood for.
    colleague.go(&format!("{console}/self"));
    colleague.sees("h1", "Se connecter");
    colleague.click("form[data-passkey] button");
    colleague.sees("h1", "Bonjour");

    // The portal team loads a person for her, through the interface: that waits for a second
    // person. Her delegate asks for the same, the officer grants it; she opens the portal, which
    // sends her to the console and back, and sees that person and no other.
    officer.go(&format!("{console}/approvals"));
    officer.sees("h1", "Approbations");
    let load = "return fetch('/api/v1/caseloads/demandeurs', {method: 'POST', \
                headers: {'Content-Type': 'text/csv'}, body: arguments[0]}).then(answer => answer.status)";
    let rows = "account,person,reason,from,until\nof-000.nouvelle,1000003A,formation,,\n";
    let loaded = officer.ask(
        "POST",
        "/execute/sync",
        &json!({"script": load, "args": [rows]}),
    );
    assert_eq!(loaded, json!(202));
    delegate.go(&format!("{console}/space"));
    delegate.click("details:has(form[action='/space/persons']) summary");
    delegate.write(
        "form[action='/space/persons'] input[name=person]",
        "1000003A",
    );
    delegate.write("form[action='/space/persons'] [name=reason]", "formation");
    delegate.click_through("form[action='/space/persons'] button");
    officer.go(&format!("{console}/approvals"));
    officer.sees("table", "1000003A");
    officer.click_through("table button.main");
    let portal = stage.links[0].split("/.digue").next().unwrap();
    colleague.go(&format!("{portal}/.digue/sign-in?next=/fiche/1000003A"));
    colleague.sees("main", "Vous allez vous connecter à");
    colleague.click("button.main");
    colleague.arrives(&format!("{portal}/fiche/1000003A"));
    colleague.sees("dl", "1000003A");
    colleague.go(&format!("{portal}/fiche/1000040B"));
    colleague.sees("main", "pas dans votre portefeuille");
}

/// One account's bad day: an exceptional access, a copied cookie, the cut, and the way back.
#[test]
fn an_account_is_stolen_cut_and_given_back() {
    let stage = Stage::open();
    let [agent_link, delegate_link, _, officer_link] = &stage.links[..] else {
        panic!("four links")
    };
    let portal = agent_link.split("/.digue").next().unwrap().to_owned();
    let console = officer_link.split("/.digue").next().unwrap().to_owned();
    let agent = Browser::open("fr");
    agent.width(1280);
    agent.go(agent_link);
    agent.click("button.main");
    agent.sees("h1", "Mes stagiaires");
    let person = agent.text("tbody tr td a");

    // A person outside the caseload, with a written reason.
    agent.go(&format!("{portal}/fiche/1000003A"));
    agent.sees("main", "pas dans votre portefeuille");
    agent.go(&format!("{portal}/.digue/break-glass"));
    agent.sees("h1", "Demander un accès exceptionnel");
    agent.page_at_both_widths("break-glass-ask");
    agent.write("#j", "Convocation urgente, la personne est au téléphone");
    agent.click("form.stack button.main");
    agent.sees("main", "L'accès est ouvert jusqu'à");
    agent.go(&format!("{portal}/fiche/1000003A"));
    agent.sees("dl", "1000003A");

    // The cookie, copied to another program on another machine, opens nothing.
    let cookies = agent.ask("GET", "/cookie", &Value::Null);
    let cookies = cookies.as_array().unwrap();
    let stolen = cookies
        .iter()
        .find(|cookie| cookie["name"] == "__Host-digue")
        .expect("the session's cookie");
    let authority = portal.trim_start_matches("http://");
    let port: u16 = authority.rsplit_once(':').unwrap().1.parse().unwrap();
    let thief = Client::new(([127, 0, 0, 1], port).into(), authority);
    let thief = thief.with_cookie(stolen["value"].as_str().unwrap());
    let refused = thief.send(
        "GET",
        &format!("/fiche/{person}"),
        &[("user-agent", "python-requests/2.32")],
        b"",
    );
    assert_eq!(refused.status, 401);
    assert!(
        refused.text().contains("session-moved"),
        "{}",
        refused.text()
    );
    // Its holder continues, until the officer cuts the account.
    agent.go(&format!("{portal}/fiche/{person}"));
    agent.sees("dl", &person);
    let officer = Browser::open("fr");
    officer.width(1280);
    officer.go(officer_link);
    officer.click("button.main");
    officer.sees("h1", "Accueil");
    officer.go(&format!("{console}/sessions"));
    officer.sees("table", "of-000.agent2");
    officer.click("input[name=row][value='of-000.agent2']");
    officer.write("#list-act-reason", "poste perdu");
    officer.click("#list-act button.danger");
    officer.sees("h1", "of-000.agent2");
    agent.go(&format!("{portal}/fiche/{person}"));
    agent.sees("h1", "ne peut pas être affichée");

    // The delegate requests a recovery of the account, and cannot grant it alone.
    let delegate = Browser::open("fr");
    delegate.width(1280);
    delegate.go(delegate_link);
    delegate.click("button.main");
    delegate.sees("h1", "Accueil");
    delegate.go(&format!("{console}/accounts"));
    let form = "form[action='/approvals/recover']:has(input[value='of-000.agent2'])";
    delegate.click(
        "details:has(form[action='/approvals/recover'] input[value='of-000.agent2']) summary",
    );
    delegate.page("accounts-recover");
    delegate.write(&format!("{form} input[name=reason]"), "ordinateur infecté");
    delegate.click(&format!("{form} button"));
    delegate.sees("table", "attend une autre personne");
    assert!(
        delegate
            .try_text("form[action='/approvals/decide']")
            .is_none()
    );

    // The officer does, holds no invitation, and sees what the account saw.
    officer.go(&format!("{console}/approvals"));
    officer.sees("table", "rendre un compte à son titulaire");
    officer.page("approvals-recovery");
    officer.click("form[action='/approvals/decide'] button.main");
    officer.sees("h1", "Invitation");
    officer.go(&format!("{console}/accounts/of-000.agent2"));
    officer.sees("main", "Retour en arrière");
    officer.sees("main", "limites à 25 %");
    officer.page_at_both_widths("account-look-back");
    officer.go(&format!("{console}/break-glass"));
    officer.sees("table", "Convocation urgente");
    officer.page("break-glass-waiting");
    officer.go(&format!("{console}/keys"));
    officer.sees("h1", "Clés d'API");
    officer.page_at_both_widths("keys");
}

/// The page on which an officer decides, after a theft that detection stopped.
#[test]
fn a_theft_is_found_read_and_decided() {
    let stage = Stage::open();
    let officer_link = &stage.links[3];
    let console = officer_link.split("/.digue").next().unwrap().to_owned();
    let officer = Browser::open("fr");
    officer.width(1280);
    officer.go(officer_link);
    officer.click("button.main");
    officer.sees("h1", "Accueil");
    officer.go(&format!("{console}/watch"));
    officer.sees("h1", "Surveillance");
    officer.sees("main", "Rien à signaler");
    officer.go(&console);
    officer.click("form[action='/demo/attack'] button");
    // A click returns before the page that it leads to.
    officer.arrives(&format!("{console}/?live=1"));
    let deadline = Instant::now() + digue_testkit::PATIENCE;
    loop {
        officer.go(&format!("{console}/watch"));
        officer.sees("h1", "Surveillance");
        if officer.try_text("tbody td a").is_some() {
            break;
        }
        assert!(Instant::now() < deadline, "the theft was not found");
    }
    officer.sees("table", "of-212.agent2");
    officer.page_at_both_widths("watch");
    officer.click("tbody td a");
    officer.sees("h1", "of-212.agent2");
    officer.sees("main", "Ce serait une fausse alerte si");
    officer.page_at_both_widths("finding");
    let finding = officer.place();
    officer.click("button[lang=en]");
    officer.sees("nav", "Home");
    officer.go(&finding);
    officer.sees("main", "This would be a false alarm if");
    officer.page("finding-english");
    officer.write("#reason", "the holder does not know of it");
    officer.click("button[value=theft]");
    // A confirmed theft leads into its incident, whose title stays in the language of the
    // installation.
    officer.sees("h1", "of-212.agent2");
    officer.sees("main", "Theft confirmed");
}
