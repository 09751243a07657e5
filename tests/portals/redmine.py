"""Redmine: users, members and issues, as pages, JSON, XML, Atom, CSV and PDF.

Needs Debian's packages: redmine, redmine-sqlite, ruby-webrick. Fills the instance `default`, which must be new.
"""
import os, random, re, subprocess, json

from recording import FAMILIES, FORM, GIVEN, Recorder, form, free_port, save, wait

HOME = "/usr/share/redmine"
INSTANCE = {"RAILS_ENV": "production", "X_DEBIAN_SITEID": "default", "RAILS_SERVE_STATIC_FILES": "1"}
FILL = """
    srand(5)
    ActionMailer::Base.perform_deliveries = false
    Setting.rest_api_enabled = "1"
    agent = User.find_by(login: "admin")
    agent.update_columns(firstname: "Sacha", lastname: "Gestion", language: "fr", must_change_passwd: false)
    agent.password = agent.password_confirmation = "motdepasse1"
    agent.save!(validate: false)
    if User.where("login like '%.%'").empty?
      status = IssueStatus.create!(name: "Nouveau")
      Tracker.create!(name: "Dossier", default_status: status)
      IssuePriority.create!(name: "Normale", is_default: true)
      Role.create!(name: "Membre", permissions: [:view_issues, :add_issues, :edit_issues], issues_visibility: "all", assignable: true)
      project = Project.new(name: "Suivi", identifier: "suivi", is_public: true)
      project.trackers = Tracker.all
      project.enabled_module_names = ["issue_tracking", "news"]
      project.save!
      users = 300.times.map do |n|
        family, given = FAMILIES[n % 20], GIVEN[n / 20 % 30]
        user = User.new(firstname: given, lastname: family, mail: "p#{n}@exemple.fr", language: "fr")
        user.login = "#{given}.#{family}.#{n}".downcase
        user.password = user.password_confirmation = "motdepasse1"
        user.save!(validate: false)
        Member.create!(project: project, principal: user, roles: [Role.givable.first]) if n < 120
        user
      end
      80.times do
        Issue.create!(project: project, tracker: Tracker.first, status: status, priority: IssuePriority.first,
                      author: users[rand(120)], assigned_to: users[rand(120)], subject: "Dossier de #{users[rand(300)].name}")
      end
    end
    File.open(ENV["PERSONS"], "w") do |file|
      file.puts "id;login;nom;prenom"
      User.where(type: "User").where.not(lastname: "").each { |user| file.puts [user.id, user.login, user.lastname, user.firstname].join(";") }
    end
    File.write(ENV["KEY"], agent.api_key)
"""
SERVE = """
    $:.unshift *Dir["/usr/share/rubygems-integration/all/gems/webrick-*/lib"]
    require "webrick"
    require "/usr/share/redmine/config/environment"
    require "rack/handler/webrick"
    Rack::Handler::WEBrick.run(Rails.application, Host: "127.0.0.1", Port: ENV["PORT"].to_i, AccessLog: [], Logger: WEBrick::Log.new(File::NULL))
"""
LOGIN = re.compile(r"[\wé]+\.[\wé]+\.\d+")
OF_USERS = {"user", "users", "author", "assigned_to"}


def record(folder):
    draw = random.Random(4)
    environment = dict(os.environ, **INSTANCE, PERSONS=str(folder / "ids.csv"), KEY=str(folder / "key"))
    fill = folder / "fill.rb"
    fill.write_text(f"FAMILIES, GIVEN = {json.dumps(FAMILIES)}, {json.dumps(GIVEN)}\n{FILL}")
    subprocess.run(["bundle", "exec", "rails", "runner", str(fill)], cwd=HOME, env=environment, check=True)
    rows = [line.split(";") for line in (folder / "ids.csv").read_text().splitlines()[1:]]
    port = free_port()
    (folder / "serve.rb").write_text(SERVE)
    command = ["bundle", "exec", "ruby", str(folder / "serve.rb")]
    environment["PORT"] = str(port)
    process = subprocess.Popen(command, cwd=HOME, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait(port)
        recorder = Recorder(port, truth_of(rows), {"Accept-Language": "fr"})
        key = {"X-Redmine-API-Key": (folder / "key").read_text().strip()}
        entry = sign_in(recorder)
        for name, rounds in (("learn", 5), ("held", 10)):
            paths = session(draw, rows, rounds)
            entries = [entry, *(recorder.record(path, headers=key if is_api(path) else ()) for path in paths)]
            draw.shuffle(entries)
            save(folder, name, entries)
    finally:
        process.terminate()
        process.wait()


def is_api(path):
    return ".json" in path or ".xml" in path


def sign_in(recorder):
    token = re.search(rb'name="authenticity_token" value="([^"]+)"', recorder.ask("/login")[2])[1].decode()
    return recorder.record("/login", "POST", form(authenticity_token=token, username="admin", password="motdepasse1"), FORM)


def session(draw, rows, rounds):
    person, family = (lambda: draw.choice(rows)[0]), (lambda: draw.choice(rows)[2].lower())
    paths = ["/", "/login", "/users.csv", "/projects/suivi", "/projects", "/admin", "/users/new", "/my/page",
             "/projects/suivi/issues.pdf", "/projects/suivi/issues.csv", "/users/99999.json", "/stylesheets/application.css"]
    for _ in range(rounds):
        issue = draw.randrange(1, 80)
        paths += [
            f"/users?page={draw.randrange(1, 12)}", f"/users?name={family()}&status=1", "/users?name=zzzz",
            f"/users.csv?name={family()}", f"/users.json?offset={draw.randrange(200)}&limit=25",
            f"/users/{person()}", f"/users/{person()}/edit", f"/users/{person()}.json", f"/users/{person()}.xml",
            f"/projects/suivi/issues?page={draw.randrange(1, 4)}", "/projects/suivi/activity.atom",
            f"/projects/suivi/settings/members?page={draw.randrange(1, 5)}",
            f"/projects/suivi/memberships.json?offset={draw.randrange(100)}&limit=20",
            f"/issues/{issue}", f"/issues/{issue}/edit", f"/issues/{issue}.json", f"/issues/{issue}.pdf",
            f"/issues.json?offset={draw.randrange(60)}&limit=20",
        ]
    return paths


def truth_of(rows):
    by_login, known = {row[1]: row[0] for row in rows}, {row[0] for row in rows}

    def truth(_status, kind, body):
        if "pdf" in kind:
            return set()
        # Tables are in Latin-1 for a French account.
        try:
            text = body.decode()
        except UnicodeDecodeError:
            text = body.decode("latin-1")
        found = {by_login[login] for login in LOGIN.findall(text) if login in by_login}
        found |= set(re.findall(r"/users/(\d+)", text))
        if "json" in kind:
            found |= set(in_json(json.loads(text)))
        if "xml" in kind:
            found |= set(re.findall(r'<(?:author|assigned_to|user) id="(\d+)"', text))
            found |= set(re.findall(r"<user>\s*<id>(\d+)</id>", text))
        if "html" in kind:
            lists = re.findall(r"<select[^>]*(?:assigned_to_id|author|user)[^>]*>.*?</select>", text, re.S)
            found |= set(re.findall(r'<option value="(\d+)"[^>]*>[^<]+</option>', "".join(lists)))
            found |= set(re.findall(r'name="(?:membership\[user_ids\]\[\]|user_id)"[^>]*value="(\d+)"', text))
        return found & known

    return truth


def in_json(value, name=""):
    if isinstance(value, dict):
        if name in OF_USERS and "id" in value:
            yield str(value["id"])
        for inner, part in value.items():
            yield from in_json(part, inner)
    elif isinstance(value, list):
        for part in value:
            yield from in_json(part, name)
