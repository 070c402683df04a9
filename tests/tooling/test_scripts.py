"""The commands that people type: each script is run as make runs it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from gettext import GNUTranslations
from pathlib import Path

import pytest
from babel.messages.pofile import read_po, write_po

from tests.servers import FORBIDS, ROOT

SCRIPTS = ROOT / "scripts"


def script(*command: str | Path, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments."""
    run_env = {**os.environ, "PYTHONPATH": str(cwd), **env}
    return subprocess.run(
        [sys.executable, *command], cwd=cwd, env=run_env, capture_output=True, text=True, check=False
    )


def test_run_names_another_port_when_its_own_is_taken() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = script(SCRIPTS / "run.py", "--host", "127.0.0.1", "--port", str(port))
    assert done.returncode == 1
    assert f"make run PORT={port + 1}" in done.stderr
    assert done.stdout == "", "nothing is set up for a site that cannot start"


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        ("curl: Temporary failure in name resolution", "PIP_INDEX_URL"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("sqlite3.OperationalError: database is locked", "LIVEPARK_DATA_DIR"),
        ("something else", "Read the log"),
    ],
)
def test_a_failed_step_says_which_shows_its_end_and_tells_what_to_do(
    printed: str, told: str, tmp_path: Path
) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(SCRIPTS)!r})
from steps import reported, step
with reported():
    step("A bad step", [sys.executable, "-c", "print('x' * 9); print({printed!r}); raise SystemExit(3)"])
print("went on")
"""
    done = script("-c", code, LIVEPARK_DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "went on" not in done.stdout
    assert "A bad step" in done.stderr
    assert printed in done.stderr
    assert told in done.stderr
    assert printed in (tmp_path / "log" / "a-bad-step.log").read_text()


def test_messages_are_found_checked_and_compiled(tmp_path: Path) -> None:
    shutil.copytree(SCRIPTS, tmp_path / "scripts")
    (tmp_path / "parks").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "parks" / "choices.py").write_text('_ = str\nOPEN = _("Open to tenants")\n')
    (tmp_path / "templates" / "hall.html").write_text(
        '<p title="it\'s">{% translate "The hall" %}</p>\n'
        "  {% blocktranslate count n=rooms trimmed %}\n    One room\n{% plural %} {{ n }} rooms {% endblocktranslate %}"
    )
    catalogue = tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    messages = ("scripts/messages.py",)

    assert script(*messages, "update", cwd=tmp_path).returncode == 0
    unfinished = script(*messages, "check", cwd=tmp_path)
    assert unfinished.returncode == 1
    for expected in ("Open to tenants", "The hall", "One room", "Apply Filters"):
        assert expected in unfinished.stdout

    with catalogue.open("rb") as file:
        catalog = read_po(file)
    for message in catalog:
        if message.id:
            message.string = message.id[1:] if message.pluralizable else f"译 {message.id}"
    with catalogue.open("wb") as file:
        write_po(file, catalog)
    finished = script(*messages, "check", cwd=tmp_path)
    assert finished.returncode == 0, finished.stdout

    (tmp_path / "parks" / "errors.py").write_text('_ = str\nSHUT = _("Shut")\n')
    assert "'Shut'" in script(*messages, "check", cwd=tmp_path).stdout
    assert script(*messages, "compile", cwd=tmp_path).returncode == 0
    with catalogue.with_suffix(".mo").open("rb") as compiled:
        assert GNUTranslations(compiled).gettext("The hall") == "译 The hall"


def test_a_chinese_message_in_the_code_is_refused(tmp_path: Path) -> None:
    shutil.copytree(SCRIPTS, tmp_path / "scripts")
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "errors.py").write_text('_ = str\nSHUT = _("直播间已关闭")\n', encoding="utf-8")
    assert (
        "core/errors.py: write the message in English"
        in script("scripts/messages.py", "check", cwd=tmp_path).stdout
    )


def test_a_door_imported_by_another_app_breaks_the_contract(tmp_path: Path) -> None:
    shutil.copytree(SCRIPTS, tmp_path / "scripts")
    for app, text in {"config": "", "parks": "", "tenants": ""}.items():
        (tmp_path / app).mkdir()
        (tmp_path / app / "__init__.py").write_text(text)
    (tmp_path / "parks" / "services.py").write_text("")
    (tmp_path / "parks" / "api").mkdir()
    (tmp_path / "parks" / "api" / "__init__.py").write_text("")
    (tmp_path / "config" / "urls.py").write_text("import parks.api\n")
    (tmp_path / "tenants" / "services.py").write_text("import parks.services\n")
    (tmp_path / "pyproject.toml").write_text("""
[tool.importlinter]
root_packages = ["config", "parks", "tenants"]
contract_types = ["private_rooms: scripts.contracts.PrivateRooms"]
[[tool.importlinter.contracts]]
name = "doors"
type = "private_rooms"
apps = ["parks", "tenants"]
rooms = ["api"]
also = "config"
""")
    lint = ("-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache")
    kept = script(*lint, cwd=tmp_path)
    assert kept.returncode == 0, kept.stdout
    (tmp_path / "tenants" / "views.py").write_text("from parks import api\n")
    broken = script(*lint, cwd=tmp_path)
    assert broken.returncode == 1
    assert "tenants.views -> parks.api (l.1)" in broken.stdout


@pytest.mark.parametrize(
    ("required", "why", "code", "line"),
    [
        ("", "no such server", 0, "1 passed, 1 skipped"),
        ("1", "no such server", 1, "1 failed, 1 passed"),
        ("1", f"{FORBIDS}such a server", 0, "1 passed, 1 skipped"),
    ],
)
def test_a_skip_fails_where_everything_is_required_that_a_machine_may_have(
    required: str, why: str, code: int, line: str, tmp_path: Path
) -> None:
    (tmp_path / "test_two.py").write_text(
        f"import pytest\ndef test_runs(): pass\ndef test_needs(): pytest.skip('{why}')\n"
    )
    done = script(
        "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", tmp_path, REQUIRE_ALL=required
    )
    assert done.returncode == code
    assert line in done.stdout
    assert why in done.stdout or not code


def test_the_lock_files_name_no_index_and_hash_everything() -> None:
    for path in ROOT.glob("requirements*.txt"):
        text = path.read_text()
        assert "--index-url" not in text
        assert "https:" not in text.replace("# via", "")
        assert text.count("==") <= text.count("--hash=sha256:")
    lock = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') == lock.count('"node_modules/')
