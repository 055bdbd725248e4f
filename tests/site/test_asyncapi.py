"""`asyncapi.yaml` is what the schemas make, and says in draft-07 what they say in 2020-12."""

from __future__ import annotations

import functools
import json
import re

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7
from ruamel.yaml import YAML

from conformance import cli, data
from conformance.site import asyncapi, yaml

EVENTS = sorted(path for side in ("client", "server") for path in (data.schemas() / side).glob("*.json"))
COMMON = sorted((data.schemas() / "common").glob("*.json"))


@functools.cache
def tree():
    return asyncapi.tree()


def complaints(pointer, value):
    """What the document, as draft-07 reads it, says against a value at one of its places."""
    validator = Draft7Validator({"$ref": f"urn:it#{pointer}"}, registry=registry())
    return [error.message for error in validator.iter_errors(value)]


@functools.cache
def registry():
    return Registry().with_resource("urn:it", Resource.from_contents(tree(), default_specification=DRAFT7))


def place_of(path):
    name = path.name.removesuffix(".json")
    if path.parent.name != "common":
        return f"/components/messages/{name}/payload"
    return "/components/schemas/" + "".join(word.capitalize() for word in name.split("_"))


def test_the_file_at_the_top_is_the_one_that_the_command_makes(tmp_path, capsys):
    made = tmp_path / "made.yaml"
    assert cli.main(["docs", "asyncapi", "-o", str(made)]) == 0
    assert capsys.readouterr().out == f"{made}\n"
    assert made.read_text("utf-8") == (data.package().parent / "asyncapi.yaml").read_text("utf-8")


def test_a_folder_that_is_not_there_was_named_wrongly(tmp_path, capsys):
    assert cli.main(["docs", "asyncapi", "-o", str(tmp_path / "no" / "made.yaml")]) == 4
    assert "no/made.yaml" in capsys.readouterr().err


def test_another_reader_reads_in_it_what_was_written():
    made = {key: value for key, value in tree().items() if key != "components"}  # the parser of AsyncAPI reads the rest
    made["schemas"] = [tree()["components"]["schemas"][name] for name in ("Tools", "TurnDetection", "Voices")]
    assert YAML(typ="safe", pure=True).load(yaml.dump(made)) == made


@pytest.mark.parametrize(
    "value",
    ["", "yes", "No", "null", "1", "1.5", "a: b", "- a", "a #b", " a", "a ", "*", "&a", "~", "'", '"', "\\d", "π",
     "0x10", "2026-10-04", "a\nb", "|", ">", "%", "@a", "!a", "[a", "{a", "a:", "?", "<<", "=", ".inf", "off", True,
     None, [], {}, 0, -0.5, [[1, [2]], {"a": []}], {"": {"a": [{"b": 1, "c": [2]}]}}],
)  # fmt: skip
def test_what_yaml_would_take_for_something_else_stands_in_quotes(value):
    assert YAML(typ="safe", pure=True).load(yaml.dump({"k": value, "l": [value]})) == {"k": value, "l": [value]}


@pytest.mark.parametrize("path", EVENTS + COMMON, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_example_of_every_schema_is_in_it_and_holds(path):
    schema = json.loads(path.read_text("utf-8"))
    name = path.name.removesuffix(".json")
    if path.parent.name == "common":
        made = functools.reduce(lambda place, step: place[step], place_of(path).split("/")[1:], tree())
        assert made.get("examples") == schema.get("examples")
    else:
        told = tree()["components"]["messages"][name]["examples"]
        assert [example["payload"] for example in told] == schema["examples"]
    for example in schema.get("examples", ()):
        assert complaints(place_of(path), example) == []


@pytest.mark.parametrize(
    ("side", "too_much_for_draft_07"), [("client", ["session.update: nine MCP servers"]), ("server", [])]
)
def test_what_breaks_a_schema_breaks_it_here(side, too_much_for_draft_07):
    """The same counterexamples as for the schemas: a document that lets everything pass would have every example."""
    told = json.loads((data.package().parent / "tests" / "schemas" / f"{side}_counterexamples.json").read_text("utf-8"))
    passed = [
        f"{name}: {case['name']}"
        for name, cases in told.items()
        for case in cases
        if not complaints(f"/components/messages/{name}/payload", case["frame"])
    ]
    assert passed == too_much_for_draft_07


def test_references_lead_somewhere_and_names_are_what_asyncapi_takes():
    text = json.dumps(tree())
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', text):
        place = tree()
        for step in reference.split("/"):
            place = place[step]
    for group in tree()["components"].values():
        assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in group)


def actions(side):
    """What the document of a side does with each event: its operations, by the message that they are about."""
    told = {made["messages"][0]["$ref"].rpartition("/")[2]: made["action"] for made in operations(side).values()}
    return {path.name.removesuffix(".json"): told[path.name.removesuffix(".json")] for path in EVENTS}


def operations(side):
    return asyncapi.tree(side)["operations"]


def test_the_service_receives_what_clients_send_and_a_client_the_rest():
    from_client = {path.name.removesuffix(".json"): path.parent.name == "client" for path in EVENTS}
    assert actions("service") == {name: "receive" if sent else "send" for name, sent in from_client.items()}
    assert actions("client") == {name: "send" if sent else "receive" for name, sent in from_client.items()}


def test_the_two_sides_differ_in_what_they_do_and_in_nothing_else():
    service, client = asyncapi.tree("service"), asyncapi.tree("client")
    assert service.pop("info")["title"] == client.pop("info")["title"]
    assert service.pop("operations") != client.pop("operations")
    assert service == client


def test_the_document_of_a_client_is_written_by_the_command(tmp_path):
    made = tmp_path / "client.yaml"
    assert cli.main(["docs", "asyncapi", "--side", "client", "-o", str(made)]) == 0
    assert "\n  sendSessionUpdate:\n    action: send\n" in made.read_text("utf-8")


def test_what_generators_make_names_of_is_a_name_and_each_is_there_once():
    """A class cannot be called `Qwen-Omni-Realtime,astested`, nor a method `send.session.update`."""
    made = tree()
    titles = [message["payload"]["title"] for message in made["components"]["messages"].values()]
    titles += [schema["title"] for schema in made["components"]["schemas"].values()]
    assert len(titles) == len(set(titles))
    names = [*titles, *made["operations"], *(it["title"] for it in made["channels"].values())]
    names.append(made["info"]["title"].replace(" ", ""))
    assert [name for name in names if not name.isidentifier()] == []
