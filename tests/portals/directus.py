"""Directus: persons by UUID, files that refer to them, as JSON, CSV, XML and GraphQL.

The program is the folder of `npm install --prefix FOLDER directus@11`. Persons and server are those of `tests/directus`.
"""
import importlib.machinery, importlib.util, json, pathlib, random, sys

from recording import Recorder, save, save_persons

COLUMNS = ["*", "id,nom", "id,nom,courriel", "*"]


def record(folder, program):
    portal = loaded(program)
    draw = random.Random(13)
    for old in folder.glob("data.db*"):
        old.unlink()
    save_persons(folder, "id;nom", zip(portal.PERSONS, portal.NAMES))
    port = portal.free_port()
    process = portal.start_directus(folder, port)
    try:
        portal.fill(port)
        recorder = Recorder(port, truth_of(set(portal.PERSONS)), {"Authorization": f"Bearer {portal.TOKEN}"})
        for name, rounds in (("learn", 8), ("held", 20)):
            entries = [entry for _ in range(rounds) for entry in session(recorder, draw, portal.PERSONS)]
            draw.shuffle(entries)
            save(folder, name, entries)
    finally:
        process.terminate()
        process.wait()


def loaded(program):
    """`tests/directus` as a module; it reads its folder from the command line."""
    path = pathlib.Path(__file__).resolve().parent.parent / "directus"
    loader = importlib.machinery.SourceFileLoader("tests_directus", str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("tests_directus", loader))
    arguments, sys.argv = sys.argv, ["directus", str(program)]
    try:
        loader.exec_module(module)
    finally:
        sys.argv = arguments
    return module


def session(recorder, draw, persons):
    person, page = (lambda: draw.choice(persons)), (lambda: draw.randrange(1, 8))
    paths = [
        "/server/ping", "/server/info", "/users/me", "/items/personnes?page=1000",
        f"/items/personnes?limit=20&page={page()}", f"/items/personnes?limit=30&page={page()}&sort=nom",
        f"/items/personnes?fields={draw.choice(COLUMNS)}&offset={draw.randrange(150)}&limit=10",
        f"/items/personnes?filter[id][_eq]={person()}", f"/items/personnes?search=Nom{draw.randrange(20)}",
        f"/items/personnes/{person()}", f"/items/personnes/{person()}?fields=id,nom", "/items/personnes/x",
        f"/items/personnes?export=csv&limit=25&page={page()}", f"/items/personnes?export=xml&limit=25&page={page()}",
        f"/items/dossiers?limit=20&page={draw.randrange(1, 5)}",
        f"/items/dossiers?fields=*,personne.*&limit=20&page={draw.randrange(1, 5)}",
        f"/items/dossiers/{draw.randrange(100)}?fields=*,personne.*",
        f"/items/dossiers?filter[personne][_eq]={person()}",
    ]
    entries = [recorder.record(path) for path in paths]
    query = json.dumps({"query": f"{{ personnes(limit: 10, offset: {draw.randrange(150)}) {{ id nom }} }}"})
    entries.append(recorder.record("/graphql", "POST", query.encode(), {"Content-Type": "application/json"}))
    return entries


def truth_of(persons):
    def truth(_status, _kind, body):
        text = body.decode("utf-8", "replace").lower()
        return {person for person in persons if person in text}

    return truth
