"""When a period ends, for a whole file of questions.

Exit codes: 0 answered; 2 a question cannot be understood; 4 answered, and the file itself said otherwise.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from duecause.cli.files import read_bytes, write_bytes
from duecause.engine.period_questions import answer
from duecause.engine.problems import Refused
from duecause.packs import periods

DIFFERS = 4


@click.command("periods")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Where to; printed if left out.")
def periods_command(file: Path, out: Path | None) -> int:
    """Answer the questions in the JSON FILE: when each period ends, and how that was computed.

    The file holds lists: `months` (received, country; also suspended: [{from, until}], extended), `hours`
    (aware, hours or rule; also country) and `days` (from, days or rule, country). The same comes back with
    the answers and their steps. An answer that stands there already and differs is named; exit code 4.
    """
    try:
        questions = json.loads(read_bytes(file))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        line = getattr(error, "lineno", 1)
        template = "%(file)s, line %(line)s: not valid JSON. Correct it there."
        raise Refused("period_file", template, file=file, line=line) from None
    answers = answer(questions, periods.rules())
    text = json.dumps(answers.document, ensure_ascii=False, indent=1)
    if out:
        write_bytes(out, f"{text}\n".encode())
    else:
        click.echo(text)
    for difference in answers.differences:
        click.echo(difference.text, err=True)
    return DIFFERS if answers.differences else 0


COMMANDS = (periods_command,)
