"""Parse the command line."""

import argparse

from .. import __version__
from .cells import Reading
from .columns import Roles
from .errors import CommandError
from .help import EXAMPLES, PURPOSES, SIGNS
from .options import COMMANDS, OPTIONS

__all__ = ["parse"]


class _Parser(argparse.ArgumentParser):
    """argparse with errors of one line."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **kwargs)

    def error(self, message):
        raise CommandError(f"{' '.join(message.split())}; see {self.prog} --help")


def parse(argv=None):
    """Parse the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Without the program's name.

    Returns
    -------
    argparse.Namespace
        With `command`, and `roles` for the commands that read a table.

    Raises
    ------
    CommandError
        For a wrong command line; the message ends with the command that shows help.
    """
    arguments = _parser().parse_args(argv)
    if arguments.command is None:
        raise CommandError("no command; choose attribute, trim, explain or demo, or see skinfluence --help")
    if hasattr(arguments, "target"):
        arguments.roles = Roles(
            arguments.target,
            tuple(arguments.sensitive),
            arguments.weight,
            getattr(arguments, "id", None),
            tuple(arguments.drop),
            arguments.drop_sensitive,
            arguments.drop_missing_target,
        )
        arguments.reading = _reading(arguments)
    return arguments


def _reading(arguments):
    """How cells are read; a column of dates may have its format behind an equals sign."""
    dates = {}
    for text in arguments.dates:
        name, _, known_format = text.rpartition("=")
        # the name of a column may have an equals sign itself
        formatted = name and "%" in known_format
        dates[name if formatted else text] = known_format if formatted else None
    return Reading(
        tuple(arguments.missing),
        arguments.keep_na,
        arguments.decimal,
        tuple(arguments.numeric),
        tuple(arguments.category),
        dates,
    )


def _parser():
    parser = _Parser(
        prog="skinfluence",
        description="Which training rows made my model do this, and what happens if I delete them?",
        epilog=f"examples:\n{EXAMPLES[None]}\n{SIGNS}",
    )
    parser.add_argument("--version", action="version", version=f"skinfluence {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for name, groups in COMMANDS.items():
        _add_command(commands, name, groups)
    return parser


def _add_command(commands, name, groups):
    purpose = PURPOSES[name]
    epilog = f"examples:\n{EXAMPLES[name]}" + ("" if name == "demo" else f"\n{SIGNS}")
    description = f"{purpose[0].upper()}{purpose[1:]}."
    parser = commands.add_parser(name, help=purpose, description=description, epilog=epilog)
    for title, options in groups.items():
        group = parser.add_argument_group(title)
        for option in options:
            meaning = OPTIONS[name, option] if (name, option) in OPTIONS else OPTIONS[option]
            group.add_argument(option, **meaning)
