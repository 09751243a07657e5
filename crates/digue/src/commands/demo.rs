//! `digue demo`: a whole installation on one machine, with a sample portal and a working day in its
//! journal.
//!
//! It writes a configuration and starts from it as any operator would: nothing here bypasses the
//! gateway.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use digue_access::session::ClientIp;
use digue_access::{Membership, RequestOrigin, Role};
use digue_administration::loads::{LoadMode, LoadTarget};
use digue_administration::tables;
use digue_app::Actor;
use digue_console::AttackProgress;
use digue_console::Demo;
use digue_identity::sign_in;
use digue_locales::Value;
use digue_replay::attack::{AGENT, AttackClient, StolenData, kairos};
use digue_replay::{Population, day, portal};
use digue_types::{AccountId, OrganisationId, PopulationId, PortalId};

use super::runtime;
use crate::serve::{RunningServer, StartPurpose, start};
use digue_terminal::{GOOD, Output};

const PORTAL_HOST: &str = "kairos.localhost";
const CONSOLE_HOST: &str = "digue.localhost";
/// Leaves about a minute to watch the page while the thief works.
const PACE: Duration = Duration::from_millis(60);
const ATTACK_REQUESTS_MAX: u64 = 800;
const LINK_LASTS: Duration = Duration::from_hours(8);

pub(crate) fn run(out: &Output, address: SocketAddr, folder: Option<PathBuf>, attack: bool) -> u8 {
    let shown = runtime()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(play(out, address, folder, attack)));
    match shown {
        Ok(()) => GOOD,
        Err(error) => out.failed(&error),
    }
}

async fn play(
    out: &Output,
    address: SocketAddr,
    folder: Option<PathBuf>,
    attack: bool,
) -> Result<()> {
    // Deleted when it is dropped, at the end.
    let temporary = tempfile::tempdir()?;
    let folder = folder.unwrap_or_else(|| temporary.path().to_owned());
    let population = Arc::new(Population::demonstration());
    let upstream = open_portal(population.clone()).await?;
    let address = free(address)?;
    let urls = Urls::new(address);
    write_configuration(&folder, upstream, address, &urls)?;
    let config = digue_config::load(&folder.join("digue.toml")).map_err(|faults| {
        anyhow!(
            "{}",
            faults
                .iter()
                .map(|f| f.say(out.language))
                .collect::<Vec<_>>()
                .join("; ")
        )
    })?;
    let stage = Arc::new(DemoAttack::new(population.clone(), address));
    let running = start(config, Some(stage.clone()), StartPurpose::Serving).await?;
    let played = prepare(&running, &population).await?;
    let stolen = stolen_account(&population)?;
    stage.give(&running, stolen.clone()).await?;
    banner(out, &running, &population, &urls, played).await?;
    if attack {
        out.say(
            "demo-attack-start",
            &[("account", Value::from(stolen.as_str()))],
        );
        stage.start_attack();
        report(out, &stage, &running).await;
    }
    out.say("demo-stop", &[]);
    tokio::signal::ctrl_c().await?;
    running.stop().await
}

struct Urls {
    portal: String,
    console: String,
}

impl Urls {
    fn new(address: SocketAddr) -> Self {
        let port = address.port();
        Self {
            portal: format!("http://{PORTAL_HOST}:{port}"),
            console: format!("http://{CONSOLE_HOST}:{port}"),
        }
    }
}

/// The address itself, or one with a free port when the port is 0.
fn free(address: SocketAddr) -> Result<SocketAddr> {
    if address.port() != 0 {
        return Ok(address);
    }
    Ok(std::net::TcpListener::bind(address)?.local_addr()?)
}

async fn open_portal(population: Arc<Population>) -> Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let app = portal::router(population);
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, app).await {
            tracing::error!(%error, "The sample portal stopped; the demonstration cannot continue");
        }
    });
    Ok(address)
}

/// The fictitious operator of the demonstration.
const RESPONSE: &str = r#"
[response]
name = "France Formation (démonstration)"
number = "123 456 789 00012"
address = "1 rue de la Digue, 59000 Lille"
sector = "formation professionnelle"
size = "250"
notified_by = "Camille Martin"
contact_name = "Camille Martin"
contact_mail = "dpo@formation.example"
contact_phone = "03 00 00 00 00"
insured = true
"#;

fn write_configuration(
    folder: &Path,
    upstream: SocketAddr,
    address: SocketAddr,
    urls: &Urls,
) -> Result<()> {
    let portals = folder.join("portals");
    std::fs::create_dir_all(&portals).with_context(|| portals.display().to_string())?;
    let settings = format!(
        "[digue]\nname = \"digue.demo\"\n\n[console]\nurl = \"{}\"\n\n[[listeners]]\naddress = \"{address}\"\n\n[sessions]\nproof = \"8h\"\n\n[password]\nallowed = true\n{RESPONSE}",
        urls.console
    );
    std::fs::write(folder.join("digue.toml"), settings)?;
    let map = portal::map(&format!("http://{upstream}"), &urls.portal);
    std::fs::write(portals.join("kairos.toml"), map)?;
    Ok(())
}

fn portal_id() -> Result<PortalId> {
    Ok(PortalId::parse("kairos")?)
}

/// Adds accounts, caseloads and a working day; a folder that already has accounts keeps its own.
async fn prepare(
    running: &RunningServer,
    population: &Arc<Population>,
) -> Result<Option<day::WorldDay>> {
    let app = &running.app;
    if !app.gateway().rules().directory.is_empty() {
        return Ok(None);
    }
    let operator = OrganisationId::parse("operateur")?;
    let officer = |name: &str, role| -> Result<(AccountId, Membership)> {
        Ok((
            AccountId::parse(name)?,
            Membership {
                organisation: operator.clone(),
                role,
            },
        ))
    };
    let mut accounts = vec![
        officer("rssi", Role::Ciso)?,
        officer("rssi2", Role::Ciso)?,
        officer("dpo", Role::Dpo)?,
    ];
    accounts.push(officer("audit", Role::Auditor)?);
    accounts.extend(population.accounts.iter().map(|account| {
        let role = if account.is_delegate {
            Role::Delegate
        } else {
            Role::Agent
        };
        let organisation = account.organisation.clone();
        (account.id.clone(), Membership { organisation, role })
    }));
    digue_app::directory::save(app, &Actor::digue(), accounts).await?;
    let csv = population.caseload_csv().into_bytes();
    let target = LoadTarget::Caseload(PopulationId::parse("demandeurs")?);
    let mode = LoadMode::Replace {
        confirms_loss: false,
    };
    tables::load(app, &Actor::digue(), &target, csv, mode).await?;
    let (app, journal, population) = (app.clone(), running.journal.clone(), population.clone());
    let id = portal_id()?;
    let played = tokio::task::spawn_blocking(move || {
        let portal = app.gateway().hosts().portal(&id).cloned();
        let portal = portal.ok_or_else(|| anyhow!("the sample portal is missing"))?;
        let now = app.clock().now();
        Ok::<_, anyhow::Error>(day::play(
            app.gateway(),
            &journal,
            &portal,
            &population,
            now,
            12,
        )?)
    });
    Ok(Some(played.await??))
}

fn stolen_account(population: &Population) -> Result<AccountId> {
    let account = population
        .accounts
        .iter()
        .find(|account| account.id.as_str() == "of-212.agent2");
    Ok(account
        .ok_or_else(|| anyhow!("the population has no such account"))?
        .id
        .clone())
}

async fn banner(
    out: &Output,
    running: &RunningServer,
    population: &Population,
    urls: &Urls,
    played: Option<day::WorldDay>,
) -> Result<()> {
    let app = &running.app;
    let agent = &population
        .accounts
        .iter()
        .find(|a| !a.is_delegate)
        .ok_or_else(|| anyhow!("no agent"))?
        .id;
    let delegate = &population
        .accounts
        .iter()
        .find(|a| a.is_delegate)
        .ok_or_else(|| anyhow!("no delegate"))?
        .id;
    let officer = AccountId::parse("rssi")?;
    let link = async |account: &AccountId, host: &str| {
        sign_in::issue_link(app, &Actor::digue(), account, host, LINK_LASTS).await
    };
    out.line("");
    out.say("demo-title", &[]);
    out.line("");
    out.say("demo-portal", &[]);
    out.line(&format!("    {}", urls.portal));
    out.say("demo-console", &[]);
    out.line(&format!("    {}", urls.console));
    out.line("");
    if let Some(day) = played {
        let values = [
            ("entries", Value::from(day.entries)),
            ("persons", Value::from(day.persons)),
        ];
        out.say("demo-day", &values);
        out.line("");
    }
    out.say("demo-links", &[]);
    out.say("demo-agent", &[("account", Value::from(agent.as_str()))]);
    out.line(&format!("    {}", link(agent, PORTAL_HOST).await?));
    out.say(
        "demo-delegate",
        &[("account", Value::from(delegate.as_str()))],
    );
    out.line(&format!("    {}", link(delegate, CONSOLE_HOST).await?));
    out.say("demo-dpo", &[]);
    out.line(&format!(
        "    {}",
        link(&AccountId::parse("dpo")?, CONSOLE_HOST).await?
    ));
    out.say("demo-rssi", &[]);
    out.line(&format!("    {}", link(&officer, CONSOLE_HOST).await?));
    out.say("demo-second", &[]);
    out.line(&format!(
        "    {}",
        link(&AccountId::parse("rssi2")?, CONSOLE_HOST).await?
    ));
    out.line("");
    Ok(())
}

/// Runs the attack, started from the command line or by the page's button.
struct DemoAttack {
    population: Arc<Population>,
    address: SocketAddr,
    runtime: tokio::runtime::Handle,
    part: OnceLock<(Arc<digue_app::App>, AccountId)>,
    stolen: Arc<StolenData>,
    has_begun: AtomicBool,
}

impl DemoAttack {
    fn new(population: Arc<Population>, address: SocketAddr) -> Self {
        Self {
            population,
            address,
            runtime: tokio::runtime::Handle::current(),
            part: OnceLock::new(),
            stolen: Arc::default(),
            has_begun: AtomicBool::new(false),
        }
    }

    async fn give(&self, running: &RunningServer, account: AccountId) -> Result<()> {
        self.part
            .set((running.app.clone(), account))
            .map_err(|_| anyhow!("the part is given once"))
    }
}

impl Demo for DemoAttack {
    fn start_attack(&self) -> bool {
        let Some((app, account)) = self.part.get().cloned() else {
            return false;
        };
        if self.has_begun.swap(true, Ordering::SeqCst) {
            return false;
        }
        let (population, stolen, address) =
            (self.population.clone(), self.stolen.clone(), self.address);
        self.runtime.spawn(async move {
            if let Err(error) = steal(&app, &account, address, &population, &stolen).await {
                tracing::warn!(error = %error, "The simulated attack ended early");
            }
            stolen.is_over.store(true, Ordering::SeqCst);
        });
        true
    }

    fn progress(&self) -> Option<AttackProgress> {
        if !self.has_begun.load(Ordering::SeqCst) {
            return None;
        }
        let (_, account) = self.part.get()?;
        Some(AttackProgress {
            account: account.to_string(),
            requests: self.stolen.requests.load(Ordering::Relaxed),
            refused: self.stolen.refused.load(Ordering::Relaxed),
            shown: self.stolen.shown(),
            is_over: self.stolen.is_over.load(Ordering::SeqCst),
        })
    }
}

/// Another person signs in with the account.
async fn steal(
    app: &digue_app::App,
    account: &AccountId,
    address: SocketAddr,
    population: &Population,
    stolen: &StolenData,
) -> Result<()> {
    let link = sign_in::issue_link(app, &Actor::digue(), account, PORTAL_HOST, LINK_LASTS).await?;
    let token = link
        .rsplit_once('=')
        .ok_or_else(|| anyhow!("a link ends with its token"))?
        .1;
    // A session of the thief's own, as after a stolen password: a copied cookie would be refused
    // for its network and browser, and the demonstration is about the number of persons.
    let thief = RequestOrigin {
        ip: ClientIp::Known(address.ip()),
        agent: AGENT.to_owned(),
        ..RequestOrigin::default()
    };
    let (cookie, _) = sign_in::enter(app, token, PORTAL_HOST, &thief).await?;
    let thief = AttackClient {
        address,
        host: format!("{PORTAL_HOST}:{}", address.port()),
        cookie: cookie.reveal().to_owned(),
        pace: PACE,
    };
    kairos(&thief, population, ATTACK_REQUESTS_MAX, stolen).await?;
    Ok(())
}

/// Prints the thief's progress every two seconds, until the end.
async fn report(out: &Output, stage: &DemoAttack, running: &RunningServer) {
    let mut every = tokio::time::interval(Duration::from_secs(2));
    loop {
        every.tick().await;
        let Some(progress) = stage.progress() else {
            return;
        };
        let values = [
            ("requests", Value::from(progress.requests)),
            ("refused", Value::from(progress.refused)),
            ("shown", Value::from(progress.shown)),
        ];
        out.say("demo-attack-line", &values);
        if progress.is_over {
            break;
        }
    }
    let limit = portal_id().ok().and_then(|id| {
        let hosts = running.app.gateway().hosts();
        hosts
            .portal(&id)
            .and_then(|p| p.limits.exact_search.of(digue_types::SlidingWindow::Hour))
    });
    let values = [
        ("shown", Value::from(stage.stolen.shown())),
        (
            "asked",
            Value::from(stage.stolen.asked.load(Ordering::Relaxed)),
        ),
        ("limit", Value::from(limit.unwrap_or_default())),
    ];
    out.say("demo-attack-end", &values);
}
