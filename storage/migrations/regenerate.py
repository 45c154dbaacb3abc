"""Write the initial revision anew from the models: ``python -m storage.migrations.regenerate``.

Only before the first release. It compares the models with an empty database and writes what Alembic would
do, with column types spelled out so that a later change of ours does not change what was released.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import Enum, create_engine

from storage import schema
from storage.columns import ENUM_LENGTH, Instant, Line

TARGET = Path(__file__).parent / "versions" / "0001_initial.py"

_TEMPLATE = '''"""Initial schema, written by ``python -m storage.migrations.regenerate``, not by hand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
{upgrade}


def downgrade() -> None:
{downgrade}
'''


def _render(kind: str, value: Any, _context: Any) -> str | Literal[False]:
    """Our column types in plain SQLAlchemy terms."""
    if kind != "type":
        return False
    if isinstance(value, Instant):
        return "sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite')"
    if isinstance(value, Line):
        length = value.impl_instance.length  # type: ignore[attr-defined]
        return f"sa.String(length={length})" if length else "sa.String()"
    if isinstance(value, Enum):
        return f"sa.String(length={ENUM_LENGTH})"
    return False


def source() -> str:
    """The text of the initial revision for the models as they are."""
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"target_metadata": schema.metadata()})
            script = produce_migrations(context, schema.metadata())
    finally:
        engine.dispose()
    if script.upgrade_ops is None or script.downgrade_ops is None:
        raise RuntimeError("no migration to write")
    return _TEMPLATE.format(
        upgrade=_body(render_python_code(script.upgrade_ops, render_item=_render)),
        downgrade=_body(render_python_code(script.downgrade_ops, render_item=_render)),
    )


def _body(code: str) -> str:
    """Alembic's lines without its comments, indented from the second line on as it leaves them."""
    lines = [line.rstrip() for line in code.splitlines() if not line.lstrip().startswith("#")]
    return "\n".join(
        f"    {line}" if line and not line.startswith("    ") else line for line in lines
    ).rstrip()


def main() -> int:
    TARGET.write_text(source(), "utf-8")
    sys.stdout.write(f"{TARGET.name} written\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
