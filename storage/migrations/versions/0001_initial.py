"""Initial schema, written by ``python -m storage.migrations.regenerate``, not by hand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table('api_answers',
    sa.Column('login', sa.String(length=80), nullable=False),
    sa.Column('key_hash', sa.String(length=64), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('claimed_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('status', sa.Integer(), nullable=True),
    sa.Column('etag', sa.String(length=80), nullable=True),
    sa.Column('body', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('login', 'key_hash')
    )
    op.create_index(op.f('ix_api_answers_claimed_at'), 'api_answers', ['claimed_at'], unique=False)
    op.create_table('audit_checkpoints',
    sa.Column('size', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('root', sa.LargeBinary(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('size')
    )
    op.create_table('audit_clear',
    sa.Column('position', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('field', sa.String(length=60), nullable=False),
    sa.Column('salt', sa.LargeBinary(), nullable=False),
    sa.Column('value', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('position', 'field')
    )
    op.create_index('ix_audit_clear_by_person', 'audit_clear', ['value', 'position'], unique=False, sqlite_where=sa.text("field IN ('by', 'person')"), postgresql_where=sa.text("field IN ('by', 'person')"))
    op.create_table('audit_events',
    sa.Column('position', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=60), nullable=False),
    sa.Column('subject', sa.String(length=120), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('leaf', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('position')
    )
    op.create_index('ix_audit_events_by_day', 'audit_events', ['at', 'position'], unique=False)
    op.create_index('ix_audit_events_by_kind', 'audit_events', ['kind', 'position'], unique=False)
    op.create_index('ix_audit_events_by_subject', 'audit_events', ['subject', 'position'], unique=False)
    op.create_table('audit_head',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('frontier', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('audit_stamps',
    sa.Column('size', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('authority', sa.String(length=300), nullable=False),
    sa.Column('token', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('size')
    )
    op.create_table('counters',
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('value', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_table('deliveries',
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('mailbox', sa.String(length=254), nullable=False),
    sa.Column('envelope_from', sa.String(length=320), nullable=False),
    sa.Column('circuit', sa.String(length=80), nullable=False),
    sa.Column('set_aside_step', sa.String(length=32), nullable=True),
    sa.Column('set_aside_from', sa.String(length=32), nullable=True),
    sa.Column('set_aside_reason', sa.String(), nullable=True),
    sa.Column('set_aside_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('releases', sa.Integer(), nullable=False),
    sa.Column('released_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('opened_sha256', sa.String(length=64), nullable=True),
    sa.Column('message_id', sa.String(length=998), nullable=True),
    sa.Column('sender', sa.String(length=320), nullable=True),
    sa.Column('recipients', sa.JSON(), nullable=False),
    sa.Column('subject', sa.String(), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('kind', sa.String(length=32), nullable=True),
    sa.Column('security', sa.JSON(), nullable=True),
    sa.Column('mail', sa.JSON(), nullable=True),
    sa.Column('decision', sa.JSON(), nullable=True),
    sa.PrimaryKeyConstraint('sha256')
    )
    op.create_index(op.f('ix_deliveries_message_id'), 'deliveries', ['message_id'], unique=False)
    op.create_index(op.f('ix_deliveries_received_at'), 'deliveries', ['received_at'], unique=False)
    op.create_index(op.f('ix_deliveries_state'), 'deliveries', ['state'], unique=False)
    op.create_table('erasures',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('person', sa.String(length=80), nullable=False),
    sa.Column('certificate', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('executors',
    sa.Column('executor', sa.String(length=80), nullable=False),
    sa.Column('beat_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.PrimaryKeyConstraint('executor')
    )
    op.create_table('failed_addresses',
    sa.Column('address', sa.String(length=320), nullable=False),
    sa.Column('failed_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('letter', sa.String(length=250), nullable=False),
    sa.Column('cleared_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('replaced_by', sa.String(length=320), nullable=True),
    sa.Column('decided_by', sa.String(length=80), nullable=True),
    sa.PrimaryKeyConstraint('address')
    )
    op.create_table('find_words',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('word', sa.String(length=40), nullable=False),
    sa.Column('sound', sa.String(length=40), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('word')
    )
    op.create_index(op.f('ix_find_words_sound'), 'find_words', ['sound'], unique=False)
    op.create_table('ledger_answers',
    sa.Column('mailbox', sa.String(length=254), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(length=60), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('mailbox', 'day', 'reason')
    )
    op.create_table('ledger_days',
    sa.Column('mailbox', sa.String(length=254), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('scans', sa.Integer(), nullable=False),
    sa.Column('unseen', sa.Integer(), nullable=False),
    sa.Column('alarmed', sa.Integer(), nullable=False),
    sa.Column('signed_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('position', sa.BigInteger(), nullable=True),
    sa.Column('signed_difference', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('mailbox', 'day')
    )
    op.create_table('ledger_folders',
    sa.Column('mailbox', sa.String(length=254), nullable=False),
    sa.Column('folder', sa.String(length=200), nullable=False),
    sa.Column('uidvalidity', sa.BigInteger(), nullable=False),
    sa.Column('uidnext', sa.BigInteger(), nullable=False),
    sa.Column('restored', sa.Integer(), nullable=False),
    sa.Column('scanned_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.PrimaryKeyConstraint('mailbox', 'folder')
    )
    op.create_table('ledger_sightings',
    sa.Column('mailbox', sa.String(length=254), nullable=False),
    sa.Column('folder', sa.String(length=200), nullable=False),
    sa.Column('uidvalidity', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('uid', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('fate', sa.String(length=32), nullable=False),
    sa.Column('mark', sa.String(length=32), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.PrimaryKeyConstraint('mailbox', 'folder', 'uidvalidity', 'uid')
    )
    op.create_index(op.f('ix_ledger_sightings_day'), 'ledger_sightings', ['day'], unique=False)
    op.create_index(op.f('ix_ledger_sightings_fate'), 'ledger_sightings', ['fate'], unique=False)
    op.create_index(op.f('ix_ledger_sightings_mark'), 'ledger_sightings', ['mark'], unique=False)
    op.create_table('people',
    sa.Column('login', sa.String(length=80), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('password_hash', sa.String(length=300), nullable=False),
    sa.Column('email', sa.String(length=200), nullable=True),
    sa.Column('roles', sa.JSON(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('program', sa.Boolean(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('locked_until', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.PrimaryKeyConstraint('login')
    )
    op.create_index(op.f('ix_people_email'), 'people', ['email'], unique=False)
    op.create_table('pulses',
    sa.Column('circuit', sa.String(length=80), nullable=False),
    sa.Column('queue', sa.String(length=40), nullable=False),
    sa.Column('beats', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('circuit', 'queue')
    )
    op.create_table('recognised_pages',
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_index(op.f('ix_recognised_pages_at'), 'recognised_pages', ['at'], unique=False)
    op.create_table('rule_sets',
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('circuit', sa.String(length=80), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('files', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('hash')
    )
    op.create_table('sign_in_attempts',
    sa.Column('subject', sa.String(length=120), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('locked_until', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.PrimaryKeyConstraint('subject')
    )
    op.create_table('sweep_marks',
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('value', sa.String(length=120), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_table('tallies',
    sa.Column('circuit', sa.String(length=80), nullable=False),
    sa.Column('queue', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.Column('due', sa.Date(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('circuit', 'queue', 'state', 'due')
    )
    op.create_table('unlocked_copies',
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('copy_sha256', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('person', sa.String(length=80), nullable=False),
    sa.PrimaryKeyConstraint('sha256')
    )
    op.create_index(op.f('ix_unlocked_copies_copy_sha256'), 'unlocked_copies', ['copy_sha256'], unique=False)
    op.create_table('api_tokens',
    sa.Column('id', sa.String(length=12), nullable=False),
    sa.Column('secret_hash', sa.String(length=64), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('login', sa.String(length=80), nullable=True),
    sa.Column('circuit', sa.String(length=80), nullable=True),
    sa.Column('queue', sa.String(length=80), nullable=True),
    sa.Column('scopes', sa.JSON(), nullable=False),
    sa.Column('created_by', sa.String(length=80), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('used_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('uses', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['login'], ['people.login'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_api_tokens_login'), 'api_tokens', ['login'], unique=False)
    op.create_table('arrivals',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('delivery', sa.String(length=64), nullable=False),
    sa.Column('via', sa.String(length=32), nullable=False),
    sa.Column('mailbox', sa.String(length=254), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('envelope_from', sa.String(length=320), nullable=False),
    sa.Column('recipients', sa.JSON(), nullable=False),
    sa.Column('peer', sa.String(length=200), nullable=False),
    sa.Column('folder', sa.String(length=200), nullable=True),
    sa.Column('uidvalidity', sa.BigInteger(), nullable=True),
    sa.Column('uid', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['delivery'], ['deliveries.sha256'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('via', 'mailbox', 'folder', 'uidvalidity', 'uid')
    )
    op.create_index(op.f('ix_arrivals_at'), 'arrivals', ['at'], unique=False)
    op.create_index(op.f('ix_arrivals_delivery'), 'arrivals', ['delivery'], unique=False)
    op.create_index(op.f('ix_arrivals_mailbox'), 'arrivals', ['mailbox'], unique=False)
    op.create_table('cases',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(length=32), nullable=False),
    sa.Column('circuit', sa.String(length=80), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('opened_by_delivery', sa.String(length=64), nullable=False),
    sa.Column('opened_by_position', sa.Integer(), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('form_reference', sa.String(length=80), nullable=True),
    sa.Column('cnas_number', sa.String(length=20), nullable=True),
    sa.Column('patient_name', sa.String(length=120), nullable=True),
    sa.Column('patient_first_names', sa.String(length=120), nullable=True),
    sa.Column('patient_birth_date', sa.Date(), nullable=True),
    sa.Column('name_key', sa.String(length=120), nullable=True),
    sa.Column('establishment_finess', sa.String(length=9), nullable=True),
    sa.Column('establishment_name', sa.String(length=200), nullable=True),
    sa.Column('caisse', sa.String(length=3), nullable=True),
    sa.Column('sender_domain', sa.String(length=254), nullable=True),
    sa.ForeignKeyConstraint(['opened_by_delivery'], ['deliveries.sha256'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('opened_by_delivery', 'opened_by_position'),
    sa.UniqueConstraint('reference')
    )
    op.create_index(op.f('ix_cases_circuit'), 'cases', ['circuit'], unique=False)
    op.create_index(op.f('ix_cases_cnas_number'), 'cases', ['cnas_number'], unique=False)
    op.create_index(op.f('ix_cases_establishment_finess'), 'cases', ['establishment_finess'], unique=False)
    op.create_index(op.f('ix_cases_form_reference'), 'cases', ['form_reference'], unique=False)
    op.create_index(op.f('ix_cases_name_key'), 'cases', ['name_key'], unique=False)
    op.create_index(op.f('ix_cases_opened_by_delivery'), 'cases', ['opened_by_delivery'], unique=False)
    op.create_index(op.f('ix_cases_patient_birth_date'), 'cases', ['patient_birth_date'], unique=False)
    op.create_index(op.f('ix_cases_patient_name'), 'cases', ['patient_name'], unique=False)
    op.create_table('certificates',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('address', sa.String(length=320), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('der', sa.LargeBinary(), nullable=False),
    sa.Column('subject', sa.String(length=200), nullable=False),
    sa.Column('issuer', sa.String(length=200), nullable=False),
    sa.Column('not_before', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('not_after', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('verdict', sa.String(length=20), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('seen_in', sa.String(length=64), nullable=True),
    sa.Column('seen_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('decided_by', sa.String(length=80), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['seen_in'], ['deliveries.sha256'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('address', 'fingerprint')
    )
    op.create_index(op.f('ix_certificates_address'), 'certificates', ['address'], unique=False)
    op.create_index(op.f('ix_certificates_state'), 'certificates', ['state'], unique=False)
    op.create_table('documents',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('delivery', sa.String(length=64), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('path', sa.String(length=400), nullable=False),
    sa.Column('name', sa.String(length=400), nullable=False),
    sa.Column('media_type', sa.String(length=120), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('meta', sa.JSON(), nullable=False),
    sa.Column('trouble', sa.String(), nullable=True),
    sa.Column('first_page', sa.Integer(), nullable=False),
    sa.Column('pages', sa.Integer(), nullable=True),
    sa.Column('kind', sa.String(length=40), nullable=True),
    sa.Column('score', sa.Float(), nullable=True),
    sa.Column('reasons', sa.JSON(), nullable=False),
    sa.Column('confidentiality', sa.String(length=16), nullable=False),
    sa.Column('sorted_by', sa.String(length=80), nullable=True),
    sa.Column('sorted_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('read_kind', sa.String(length=40), nullable=True),
    sa.Column('read_confidentiality', sa.String(length=16), nullable=True),
    sa.ForeignKeyConstraint(['delivery'], ['deliveries.sha256'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('delivery', 'position')
    )
    op.create_index(op.f('ix_documents_delivery'), 'documents', ['delivery'], unique=False)
    op.create_index(op.f('ix_documents_kind'), 'documents', ['kind'], unique=False)
    op.create_index(op.f('ix_documents_sha256'), 'documents', ['sha256'], unique=False)
    op.create_table('drafts',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('login', sa.String(length=80), nullable=False),
    sa.Column('action', sa.String(length=500), nullable=False),
    sa.Column('page', sa.String(length=2000), nullable=False),
    sa.Column('fields', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['login'], ['people.login'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_drafts_login'), 'drafts', ['login'], unique=False)
    op.create_table('erased_rows',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('erasure_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('key', sa.String(length=120), nullable=False),
    sa.Column('blobs', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['erasure_id'], ['erasures.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('kind', 'key')
    )
    op.create_index(op.f('ix_erased_rows_erasure_id'), 'erased_rows', ['erasure_id'], unique=False)
    op.create_table('find_grams',
    sa.Column('gram', sa.String(length=3), nullable=False),
    sa.Column('word_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['word_id'], ['find_words.id'], ),
    sa.PrimaryKeyConstraint('gram', 'word_id')
    )
    op.create_index(op.f('ix_find_grams_word_id'), 'find_grams', ['word_id'], unique=False)
    op.create_table('find_items',
    sa.Column('word_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('circuit', sa.String(length=80), nullable=False),
    sa.Column('queue', sa.String(length=40), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['word_id'], ['find_words.id'], ),
    sa.PrimaryKeyConstraint('word_id', 'item_id')
    )
    op.create_index('ix_find_items_by_place', 'find_items', ['word_id', 'circuit', 'queue', 'item_id'], unique=False)
    op.create_index(op.f('ix_find_items_item_id'), 'find_items', ['item_id'], unique=False)
    op.create_table('invitations',
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('login', sa.String(length=80), nullable=False),
    sa.Column('created_by', sa.String(length=80), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['login'], ['people.login'], ),
    sa.PrimaryKeyConstraint('token_hash')
    )
    op.create_index(op.f('ix_invitations_login'), 'invitations', ['login'], unique=False)
    op.create_table('judgments',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('delivery', sa.String(length=64), nullable=False),
    sa.Column('place', sa.String(length=400), nullable=False),
    sa.Column('role', sa.String(length=12), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('source', sa.String(length=9), nullable=False),
    sa.Column('url', sa.String(), nullable=True),
    sa.Column('this_update', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('next_update', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('judged_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['delivery'], ['deliveries.sha256'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('delivery', 'place', 'role', 'sha256')
    )
    op.create_index(op.f('ix_judgments_delivery'), 'judgments', ['delivery'], unique=False)
    op.create_index(op.f('ix_judgments_sha256'), 'judgments', ['sha256'], unique=False)
    op.create_table('notices',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('login', sa.String(length=80), nullable=False),
    sa.Column('action', sa.String(length=40), nullable=False),
    sa.Column('about', sa.String(length=80), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['login'], ['people.login'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_notices_login'), 'notices', ['login'], unique=False)
    op.create_table('recovery_codes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('login', sa.String(length=80), nullable=False),
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['login'], ['people.login'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_recovery_codes_login'), 'recovery_codes', ['login'], unique=False)
    op.create_table('second_factors',
    sa.Column('login', sa.String(length=80), nullable=False),
    sa.Column('secret', sa.String(length=400), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('next_secret', sa.String(length=400), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('last_step', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['login'], ['people.login'], ),
    sa.PrimaryKeyConstraint('login')
    )
    op.create_table('successions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('older_delivery', sa.String(length=64), nullable=False),
    sa.Column('older_sha256', sa.String(length=64), nullable=False),
    sa.Column('newer_delivery', sa.String(length=64), nullable=False),
    sa.Column('newer_sha256', sa.String(length=64), nullable=False),
    sa.Column('action', sa.String(length=9), nullable=False),
    sa.Column('basis', sa.String(length=9), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['newer_delivery'], ['deliveries.sha256'], ),
    sa.ForeignKeyConstraint(['older_delivery'], ['deliveries.sha256'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('older_delivery', 'older_sha256', 'newer_delivery', 'newer_sha256')
    )
    op.create_index(op.f('ix_successions_newer_delivery'), 'successions', ['newer_delivery'], unique=False)
    op.create_index(op.f('ix_successions_older_delivery'), 'successions', ['older_delivery'], unique=False)
    op.create_table('views',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('owner', sa.String(length=80), nullable=False),
    sa.Column('queue', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('query', sa.String(length=500), nullable=False),
    sa.Column('shared', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['owner'], ['people.login'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('owner', 'queue', 'name')
    )
    op.create_index(op.f('ix_views_owner'), 'views', ['owner'], unique=False)
    op.create_index(op.f('ix_views_queue'), 'views', ['queue'], unique=False)
    op.create_table('web_sessions',
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('login', sa.String(length=80), nullable=False),
    sa.Column('csrf', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('stage', sa.String(length=32), nullable=False),
    sa.Column('via', sa.String(length=20), nullable=False),
    sa.Column('strong', sa.Boolean(), nullable=False),
    sa.Column('address', sa.String(length=64), nullable=False),
    sa.Column('agent', sa.String(length=200), nullable=False),
    sa.Column('hint', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['login'], ['people.login'], ),
    sa.PrimaryKeyConstraint('token_hash')
    )
    op.create_index(op.f('ix_web_sessions_login'), 'web_sessions', ['login'], unique=False)
    op.create_table('case_documents',
    sa.Column('document_id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('filed_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('reasons', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['document_id'], ['documents.id'], ),
    sa.PrimaryKeyConstraint('document_id')
    )
    op.create_index(op.f('ix_case_documents_case_id'), 'case_documents', ['case_id'], unique=False)
    op.create_table('contestation_lists',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('document_id', sa.Integer(), nullable=False),
    sa.Column('delivery', sa.String(length=64), nullable=False),
    sa.Column('circuit', sa.String(length=80), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('trouble', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['delivery'], ['deliveries.sha256'], ),
    sa.ForeignKeyConstraint(['document_id'], ['documents.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('document_id')
    )
    op.create_index(op.f('ix_contestation_lists_delivery'), 'contestation_lists', ['delivery'], unique=False)
    op.create_table('deadlines',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=60), nullable=False),
    sa.Column('origin', sa.String(length=120), nullable=False),
    sa.Column('circuit', sa.String(length=80), nullable=False),
    sa.Column('delivery', sa.String(length=64), nullable=True),
    sa.Column('case_id', sa.Integer(), nullable=True),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('due', sa.Date(), nullable=False),
    sa.Column('basis', sa.String(), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('explanation', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('terms', sa.JSON(), nullable=True),
    sa.Column('pauses', sa.JSON(), nullable=False),
    sa.Column('escalated_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['delivery'], ['deliveries.sha256'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('kind', 'origin')
    )
    op.create_index(op.f('ix_deadlines_case_id'), 'deadlines', ['case_id'], unique=False)
    op.create_index(op.f('ix_deadlines_delivery'), 'deadlines', ['delivery'], unique=False)
    op.create_index(op.f('ix_deadlines_due'), 'deadlines', ['due'], unique=False)
    op.create_index(op.f('ix_deadlines_state'), 'deadlines', ['state'], unique=False)
    op.create_table('document_words',
    sa.Column('document_id', sa.Integer(), nullable=False),
    sa.Column('words', sa.String(), nullable=False),
    sa.Column('fields', sa.String(), nullable=False),
    sa.Column('names', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['document_id'], ['documents.id'], ),
    sa.PrimaryKeyConstraint('document_id')
    )
    op.create_table('facts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('document_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('value', sa.String(), nullable=False),
    sa.Column('normalised', sa.String(), nullable=True),
    sa.Column('page', sa.Integer(), nullable=True),
    sa.Column('box', sa.JSON(), nullable=True),
    sa.Column('source', sa.String(length=10), nullable=False),
    sa.Column('confidence', sa.Float(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('person', sa.String(length=80), nullable=True),
    sa.ForeignKeyConstraint(['document_id'], ['documents.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_facts_document_id'), 'facts', ['document_id'], unique=False)
    op.create_table('happenings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('case_id', 'name', 'key')
    )
    op.create_index(op.f('ix_happenings_case_id'), 'happenings', ['case_id'], unique=False)
    op.create_table('issues',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('document_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('field', sa.String(length=60), nullable=True),
    sa.Column('severity', sa.String(length=8), nullable=False),
    sa.Column('message', sa.String(), nullable=False),
    sa.Column('page', sa.Integer(), nullable=True),
    sa.Column('box', sa.JSON(), nullable=True),
    sa.Column('picture_sha256', sa.String(length=64), nullable=True),
    sa.ForeignKeyConstraint(['document_id'], ['documents.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_issues_document_id'), 'issues', ['document_id'], unique=False)
    op.create_table('items',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('delivery', sa.String(length=64), nullable=False),
    sa.Column('circuit', sa.String(length=80), nullable=False),
    sa.Column('queue', sa.String(length=40), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('sender', sa.String(length=320), nullable=False),
    sa.Column('reasons', sa.JSON(), nullable=False),
    sa.Column('forward_to', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('taken_by', sa.String(length=80), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('next_due', sa.Date(), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('wake_on', sa.Date(), nullable=True),
    sa.Column('part', sa.Integer(), nullable=False),
    sa.Column('positions', sa.JSON(), nullable=True),
    sa.Column('merged_into', sa.Integer(), nullable=True),
    sa.Column('caisse', sa.String(length=3), nullable=True),
    sa.Column('finess', sa.String(length=9), nullable=True),
    sa.Column('lacking', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['delivery'], ['deliveries.sha256'], ),
    sa.ForeignKeyConstraint(['merged_into'], ['items.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('delivery', 'queue', 'part')
    )
    op.create_index('ix_items_by_age', 'items', ['state', 'created_at', 'id'], unique=False)
    op.create_index('ix_items_by_caisse', 'items', ['circuit', 'queue', 'state', 'caisse', 'created_at', 'id'], unique=False)
    op.create_index('ix_items_by_due', 'items', ['circuit', 'queue', 'state', 'next_due', 'id'], unique=False)
    op.create_index('ix_items_by_finess', 'items', ['circuit', 'queue', 'state', 'finess', 'created_at', 'id'], unique=False)
    op.create_index('ix_items_by_holder', 'items', ['taken_by', 'state', 'circuit', 'queue', 'created_at', 'id'], unique=False)
    op.create_index('ix_items_by_kind', 'items', ['circuit', 'queue', 'state', 'kind', 'created_at', 'id'], unique=False)
    op.create_index('ix_items_by_lacking', 'items', ['circuit', 'queue', 'state', 'lacking', 'created_at', 'id'], unique=False)
    op.create_index('ix_items_by_place', 'items', ['state', 'caisse', 'finess', 'next_due'], unique=False)
    op.create_index('ix_items_by_state', 'items', ['circuit', 'queue', 'state', 'created_at', 'id'], unique=False)
    op.create_index('ix_items_by_waking', 'items', ['state', 'wake_on'], unique=False)
    op.create_index(op.f('ix_items_case_id'), 'items', ['case_id'], unique=False)
    op.create_index(op.f('ix_items_merged_into'), 'items', ['merged_into'], unique=False)
    op.create_table('legal_holds',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('placed_by', sa.String(length=80), nullable=False),
    sa.Column('placed_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('lifted_by', sa.String(length=80), nullable=True),
    sa.Column('lifted_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_legal_holds_case_id'), 'legal_holds', ['case_id'], unique=False)
    op.create_table('outbox',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('message_id', sa.String(length=250), nullable=False),
    sa.Column('circuit', sa.String(length=80), nullable=False),
    sa.Column('letter', sa.String(length=60), nullable=False),
    sa.Column('mailbox', sa.String(length=254), nullable=False),
    sa.Column('recipient', sa.String(length=320), nullable=False),
    sa.Column('subject', sa.String(length=300), nullable=False),
    sa.Column('raw_sha256', sa.String(length=64), nullable=False),
    sa.Column('delivery', sa.String(length=64), nullable=True),
    sa.Column('case_id', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('null_return_path', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('next_attempt_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('last_reply', sa.String(), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('lease_owner', sa.String(length=80), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('recipient_key', sa.String(length=320), nullable=False),
    sa.Column('domain', sa.String(length=255), nullable=False),
    sa.Column('attempted_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('retried_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('protection', sa.String(length=12), nullable=False),
    sa.Column('why', sa.JSON(), nullable=False),
    sa.Column('expects', sa.String(length=10), nullable=True),
    sa.Column('within_days', sa.Integer(), nullable=False),
    sa.Column('expected_by', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('following', sa.String(length=32), nullable=False),
    sa.Column('follows', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['delivery'], ['deliveries.sha256'], ),
    sa.ForeignKeyConstraint(['follows'], ['outbox.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('message_id')
    )
    op.create_index(op.f('ix_outbox_attempted_at'), 'outbox', ['attempted_at'], unique=False)
    op.create_index(op.f('ix_outbox_case_id'), 'outbox', ['case_id'], unique=False)
    op.create_index(op.f('ix_outbox_delivery'), 'outbox', ['delivery'], unique=False)
    op.create_index(op.f('ix_outbox_domain'), 'outbox', ['domain'], unique=False)
    op.create_index(op.f('ix_outbox_expected_by'), 'outbox', ['expected_by'], unique=False)
    op.create_index(op.f('ix_outbox_following'), 'outbox', ['following'], unique=False)
    op.create_index(op.f('ix_outbox_follows'), 'outbox', ['follows'], unique=False)
    op.create_index(op.f('ix_outbox_next_attempt_at'), 'outbox', ['next_attempt_at'], unique=False)
    op.create_index(op.f('ix_outbox_recipient_key'), 'outbox', ['recipient_key'], unique=False)
    op.create_index(op.f('ix_outbox_state'), 'outbox', ['state'], unique=False)
    op.create_table('periods',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('document_id', sa.Integer(), nullable=False),
    sa.Column('origin', sa.String(length=32), nullable=False),
    sa.Column('status', sa.String(length=32), nullable=False),
    sa.Column('was', sa.String(length=16), nullable=False),
    sa.Column('starts', sa.Date(), nullable=True),
    sa.Column('ends', sa.Date(), nullable=True),
    sa.Column('amount', sa.String(length=20), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['document_id'], ['documents.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('case_id', 'document_id', 'status', 'was')
    )
    op.create_index(op.f('ix_periods_case_id'), 'periods', ['case_id'], unique=False)
    op.create_table('reviews',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('document_id', sa.Integer(), nullable=False),
    sa.Column('said', sa.String(length=32), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['document_id'], ['documents.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_reviews_document_id'), 'reviews', ['document_id'], unique=False)
    op.create_table('calls',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=300), nullable=False),
    sa.Column('reason', sa.String(length=32), nullable=False),
    sa.Column('circuit', sa.String(length=80), nullable=False),
    sa.Column('queue', sa.String(length=40), nullable=False),
    sa.Column('recipient', sa.String(length=320), nullable=False),
    sa.Column('phone', sa.String(length=60), nullable=False),
    sa.Column('detail', sa.String(length=300), nullable=False),
    sa.Column('outbox_id', sa.Integer(), nullable=True),
    sa.Column('delivery', sa.String(length=64), nullable=True),
    sa.Column('case_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('done_by', sa.String(length=80), nullable=True),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['delivery'], ['deliveries.sha256'], ),
    sa.ForeignKeyConstraint(['outbox_id'], ['outbox.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('key')
    )
    op.create_index(op.f('ix_calls_at'), 'calls', ['at'], unique=False)
    op.create_index(op.f('ix_calls_case_id'), 'calls', ['case_id'], unique=False)
    op.create_index(op.f('ix_calls_delivery'), 'calls', ['delivery'], unique=False)
    op.create_index(op.f('ix_calls_done_at'), 'calls', ['done_at'], unique=False)
    op.create_index(op.f('ix_calls_outbox_id'), 'calls', ['outbox_id'], unique=False)
    op.create_index(op.f('ix_calls_queue'), 'calls', ['queue'], unique=False)
    op.create_table('candidates',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('score', sa.Float(), nullable=False),
    sa.Column('reasons', sa.JSON(), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['item_id'], ['items.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('item_id', 'case_id')
    )
    op.create_index(op.f('ix_candidates_item_id'), 'candidates', ['item_id'], unique=False)
    op.create_table('comments',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('confidentiality', sa.String(length=16), nullable=False),
    sa.ForeignKeyConstraint(['item_id'], ['items.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_comments_item_id'), 'comments', ['item_id'], unique=False)
    op.create_table('contestation_lines',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('list_id', sa.Integer(), nullable=False),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('cells', sa.JSON(), nullable=False),
    sa.Column('why', sa.String(length=300), nullable=False),
    sa.ForeignKeyConstraint(['list_id'], ['contestation_lists.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('list_id', 'place')
    )
    op.create_index(op.f('ix_contestation_lines_list_id'), 'contestation_lines', ['list_id'], unique=False)
    op.create_table('contestations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(length=32), nullable=False),
    sa.Column('circuit', sa.String(length=80), nullable=False),
    sa.Column('list_id', sa.Integer(), nullable=False),
    sa.Column('delivery', sa.String(length=64), nullable=False),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('claim_reference', sa.String(length=80), nullable=True),
    sa.Column('last_name', sa.String(length=120), nullable=True),
    sa.Column('first_names', sa.String(length=120), nullable=True),
    sa.Column('birth_date', sa.Date(), nullable=True),
    sa.Column('cnas_number', sa.String(length=40), nullable=True),
    sa.Column('form_reference', sa.String(length=80), nullable=True),
    sa.Column('establishment', sa.String(length=200), nullable=True),
    sa.Column('starts', sa.Date(), nullable=True),
    sa.Column('ends', sa.Date(), nullable=True),
    sa.Column('amount', sa.String(length=20), nullable=True),
    sa.Column('reason', sa.String(length=20), nullable=False),
    sa.Column('reason_text', sa.String(length=300), nullable=False),
    sa.Column('doubts', sa.JSON(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=True),
    sa.Column('match_reasons', sa.JSON(), nullable=False),
    sa.Column('earlier', sa.String(length=32), nullable=True),
    sa.Column('outcome', sa.String(length=32), nullable=True),
    sa.Column('cause', sa.String(length=32), nullable=True),
    sa.Column('argument', sa.String(length=4000), nullable=False),
    sa.Column('evidence_sha256', sa.String(length=64), nullable=True),
    sa.Column('evidence_size', sa.Integer(), nullable=True),
    sa.Column('paid_on', sa.Date(), nullable=True),
    sa.Column('notified_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['delivery'], ['deliveries.sha256'], ),
    sa.ForeignKeyConstraint(['list_id'], ['contestation_lists.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('list_id', 'place'),
    sa.UniqueConstraint('reference')
    )
    op.create_index('ix_contestations_by_state', 'contestations', ['circuit', 'state', 'received_at', 'id'], unique=False)
    op.create_index(op.f('ix_contestations_case_id'), 'contestations', ['case_id'], unique=False)
    op.create_index(op.f('ix_contestations_claim_reference'), 'contestations', ['claim_reference'], unique=False)
    op.create_index(op.f('ix_contestations_delivery'), 'contestations', ['delivery'], unique=False)
    op.create_index(op.f('ix_contestations_list_id'), 'contestations', ['list_id'], unique=False)
    op.create_table('deadline_versions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('deadline_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('due', sa.Date(), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('why', sa.String(length=300), nullable=False),
    sa.Column('explanation', sa.JSON(), nullable=False),
    sa.Column('reminders', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['deadline_id'], ['deadlines.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_deadline_versions_deadline_id'), 'deadline_versions', ['deadline_id'], unique=False)
    op.create_table('forwarded',
    sa.Column('outbox_id', sa.Integer(), nullable=False),
    sa.Column('document_id', sa.Integer(), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['document_id'], ['documents.id'], ),
    sa.ForeignKeyConstraint(['outbox_id'], ['outbox.id'], ),
    sa.PrimaryKeyConstraint('outbox_id', 'document_id')
    )
    op.create_index(op.f('ix_forwarded_document_id'), 'forwarded', ['document_id'], unique=False)
    op.create_table('handwritten',
    sa.Column('outbox_id', sa.Integer(), nullable=False),
    sa.Column('model', sa.String(length=60), nullable=False),
    sa.Column('proposed', sa.String(), nullable=False),
    sa.Column('written', sa.String(), nullable=False),
    sa.Column('changed', sa.Integer(), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('confidentiality', sa.String(length=16), nullable=False),
    sa.ForeignKeyConstraint(['outbox_id'], ['outbox.id'], ),
    sa.PrimaryKeyConstraint('outbox_id')
    )
    op.create_table('joinings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('kept', sa.Integer(), nullable=False),
    sa.Column('other', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('before', sa.JSON(), nullable=False),
    sa.Column('undone_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('undone_by', sa.String(length=80), nullable=True),
    sa.ForeignKeyConstraint(['kept'], ['items.id'], ),
    sa.ForeignKeyConstraint(['other'], ['items.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_joinings_kept'), 'joinings', ['kept'], unique=False)
    op.create_index(op.f('ix_joinings_other'), 'joinings', ['other'], unique=False)
    op.create_table('proposals',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('deadline_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('queue', sa.String(length=40), nullable=False),
    sa.Column('due', sa.Date(), nullable=False),
    sa.Column('computed_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.Column('bundle', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('decided_by', sa.String(length=80), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=True),
    sa.Column('superseded_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('superseded_by', sa.String(length=200), nullable=True),
    sa.Column('superseding_delivery', sa.String(length=64), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['deadline_id'], ['deadlines.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('kind', 'deadline_id', 'due')
    )
    op.create_index(op.f('ix_proposals_case_id'), 'proposals', ['case_id'], unique=False)
    op.create_index(op.f('ix_proposals_deadline_id'), 'proposals', ['deadline_id'], unique=False)
    op.create_index(op.f('ix_proposals_state'), 'proposals', ['state'], unique=False)
    op.create_table('receipts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('outbox_id', sa.Integer(), nullable=False),
    sa.Column('delivery', sa.String(length=64), nullable=False),
    sa.Column('action', sa.String(length=20), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('detail', sa.String(length=500), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['delivery'], ['deliveries.sha256'], ),
    sa.ForeignKeyConstraint(['outbox_id'], ['outbox.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('outbox_id', 'delivery')
    )
    op.create_index(op.f('ix_receipts_outbox_id'), 'receipts', ['outbox_id'], unique=False)
    op.create_table('registrations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('nir', sa.String(length=13), nullable=False),
    sa.Column('starts', sa.Date(), nullable=False),
    sa.Column('ends', sa.Date(), nullable=False),
    sa.Column('period_id', sa.Integer(), nullable=True),
    sa.Column('tacit', sa.Boolean(), nullable=False),
    sa.Column('checks', sa.JSON(), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['period_id'], ['periods.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('case_id', 'number')
    )
    op.create_index(op.f('ix_registrations_case_id'), 'registrations', ['case_id'], unique=False)
    op.create_index(op.f('ix_registrations_nir'), 'registrations', ['nir'], unique=False)
    op.create_table('reminders',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('deadline_id', sa.Integer(), nullable=False),
    sa.Column('days_before', sa.Integer(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('letter', sa.String(length=60), nullable=False),
    sa.Column('to', sa.String(length=320), nullable=False),
    sa.Column('attach', sa.String(length=40), nullable=True),
    sa.Column('outbox_id', sa.Integer(), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.Column('skipped', sa.String(length=200), nullable=True),
    sa.ForeignKeyConstraint(['deadline_id'], ['deadlines.id'], ),
    sa.ForeignKeyConstraint(['outbox_id'], ['outbox.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('deadline_id', 'days_before')
    )
    op.create_index(op.f('ix_reminders_deadline_id'), 'reminders', ['deadline_id'], unique=False)
    op.create_index(op.f('ix_reminders_on'), 'reminders', ['on'], unique=False)
    op.create_table('contestation_candidates',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('contestation_id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('score', sa.Float(), nullable=False),
    sa.Column('reasons', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['contestation_id'], ['contestations.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('contestation_id', 'case_id')
    )
    op.create_index(op.f('ix_contestation_candidates_case_id'), 'contestation_candidates', ['case_id'], unique=False)
    op.create_index(op.f('ix_contestation_candidates_contestation_id'), 'contestation_candidates', ['contestation_id'], unique=False)
    op.create_table('mentions',
    sa.Column('comment_id', sa.Integer(), nullable=False),
    sa.Column('login', sa.String(length=80), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True).with_variant(sa.String(32), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['comment_id'], ['comments.id'], ),
    sa.ForeignKeyConstraint(['login'], ['people.login'], ),
    sa.PrimaryKeyConstraint('comment_id', 'login')
    )
    op.create_index('ix_mentions_unseen', 'mentions', ['login', 'seen_at'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_mentions_unseen', table_name='mentions')
    op.drop_table('mentions')
    op.drop_index(op.f('ix_contestation_candidates_contestation_id'), table_name='contestation_candidates')
    op.drop_index(op.f('ix_contestation_candidates_case_id'), table_name='contestation_candidates')
    op.drop_table('contestation_candidates')
    op.drop_index(op.f('ix_reminders_on'), table_name='reminders')
    op.drop_index(op.f('ix_reminders_deadline_id'), table_name='reminders')
    op.drop_table('reminders')
    op.drop_index(op.f('ix_registrations_nir'), table_name='registrations')
    op.drop_index(op.f('ix_registrations_case_id'), table_name='registrations')
    op.drop_table('registrations')
    op.drop_index(op.f('ix_receipts_outbox_id'), table_name='receipts')
    op.drop_table('receipts')
    op.drop_index(op.f('ix_proposals_state'), table_name='proposals')
    op.drop_index(op.f('ix_proposals_deadline_id'), table_name='proposals')
    op.drop_index(op.f('ix_proposals_case_id'), table_name='proposals')
    op.drop_table('proposals')
    op.drop_index(op.f('ix_joinings_other'), table_name='joinings')
    op.drop_index(op.f('ix_joinings_kept'), table_name='joinings')
    op.drop_table('joinings')
    op.drop_table('handwritten')
    op.drop_index(op.f('ix_forwarded_document_id'), table_name='forwarded')
    op.drop_table('forwarded')
    op.drop_index(op.f('ix_deadline_versions_deadline_id'), table_name='deadline_versions')
    op.drop_table('deadline_versions')
    op.drop_index(op.f('ix_contestations_list_id'), table_name='contestations')
    op.drop_index(op.f('ix_contestations_delivery'), table_name='contestations')
    op.drop_index(op.f('ix_contestations_claim_reference'), table_name='contestations')
    op.drop_index(op.f('ix_contestations_case_id'), table_name='contestations')
    op.drop_index('ix_contestations_by_state', table_name='contestations')
    op.drop_table('contestations')
    op.drop_index(op.f('ix_contestation_lines_list_id'), table_name='contestation_lines')
    op.drop_table('contestation_lines')
    op.drop_index(op.f('ix_comments_item_id'), table_name='comments')
    op.drop_table('comments')
    op.drop_index(op.f('ix_candidates_item_id'), table_name='candidates')
    op.drop_table('candidates')
    op.drop_index(op.f('ix_calls_queue'), table_name='calls')
    op.drop_index(op.f('ix_calls_outbox_id'), table_name='calls')
    op.drop_index(op.f('ix_calls_done_at'), table_name='calls')
    op.drop_index(op.f('ix_calls_delivery'), table_name='calls')
    op.drop_index(op.f('ix_calls_case_id'), table_name='calls')
    op.drop_index(op.f('ix_calls_at'), table_name='calls')
    op.drop_table('calls')
    op.drop_index(op.f('ix_reviews_document_id'), table_name='reviews')
    op.drop_table('reviews')
    op.drop_index(op.f('ix_periods_case_id'), table_name='periods')
    op.drop_table('periods')
    op.drop_index(op.f('ix_outbox_state'), table_name='outbox')
    op.drop_index(op.f('ix_outbox_recipient_key'), table_name='outbox')
    op.drop_index(op.f('ix_outbox_next_attempt_at'), table_name='outbox')
    op.drop_index(op.f('ix_outbox_follows'), table_name='outbox')
    op.drop_index(op.f('ix_outbox_following'), table_name='outbox')
    op.drop_index(op.f('ix_outbox_expected_by'), table_name='outbox')
    op.drop_index(op.f('ix_outbox_domain'), table_name='outbox')
    op.drop_index(op.f('ix_outbox_delivery'), table_name='outbox')
    op.drop_index(op.f('ix_outbox_case_id'), table_name='outbox')
    op.drop_index(op.f('ix_outbox_attempted_at'), table_name='outbox')
    op.drop_table('outbox')
    op.drop_index(op.f('ix_legal_holds_case_id'), table_name='legal_holds')
    op.drop_table('legal_holds')
    op.drop_index(op.f('ix_items_merged_into'), table_name='items')
    op.drop_index(op.f('ix_items_case_id'), table_name='items')
    op.drop_index('ix_items_by_waking', table_name='items')
    op.drop_index('ix_items_by_state', table_name='items')
    op.drop_index('ix_items_by_place', table_name='items')
    op.drop_index('ix_items_by_lacking', table_name='items')
    op.drop_index('ix_items_by_kind', table_name='items')
    op.drop_index('ix_items_by_holder', table_name='items')
    op.drop_index('ix_items_by_finess', table_name='items')
    op.drop_index('ix_items_by_due', table_name='items')
    op.drop_index('ix_items_by_caisse', table_name='items')
    op.drop_index('ix_items_by_age', table_name='items')
    op.drop_table('items')
    op.drop_index(op.f('ix_issues_document_id'), table_name='issues')
    op.drop_table('issues')
    op.drop_index(op.f('ix_happenings_case_id'), table_name='happenings')
    op.drop_table('happenings')
    op.drop_index(op.f('ix_facts_document_id'), table_name='facts')
    op.drop_table('facts')
    op.drop_table('document_words')
    op.drop_index(op.f('ix_deadlines_state'), table_name='deadlines')
    op.drop_index(op.f('ix_deadlines_due'), table_name='deadlines')
    op.drop_index(op.f('ix_deadlines_delivery'), table_name='deadlines')
    op.drop_index(op.f('ix_deadlines_case_id'), table_name='deadlines')
    op.drop_table('deadlines')
    op.drop_index(op.f('ix_contestation_lists_delivery'), table_name='contestation_lists')
    op.drop_table('contestation_lists')
    op.drop_index(op.f('ix_case_documents_case_id'), table_name='case_documents')
    op.drop_table('case_documents')
    op.drop_index(op.f('ix_web_sessions_login'), table_name='web_sessions')
    op.drop_table('web_sessions')
    op.drop_index(op.f('ix_views_queue'), table_name='views')
    op.drop_index(op.f('ix_views_owner'), table_name='views')
    op.drop_table('views')
    op.drop_index(op.f('ix_successions_older_delivery'), table_name='successions')
    op.drop_index(op.f('ix_successions_newer_delivery'), table_name='successions')
    op.drop_table('successions')
    op.drop_table('second_factors')
    op.drop_index(op.f('ix_recovery_codes_login'), table_name='recovery_codes')
    op.drop_table('recovery_codes')
    op.drop_index(op.f('ix_notices_login'), table_name='notices')
    op.drop_table('notices')
    op.drop_index(op.f('ix_judgments_sha256'), table_name='judgments')
    op.drop_index(op.f('ix_judgments_delivery'), table_name='judgments')
    op.drop_table('judgments')
    op.drop_index(op.f('ix_invitations_login'), table_name='invitations')
    op.drop_table('invitations')
    op.drop_index(op.f('ix_find_items_item_id'), table_name='find_items')
    op.drop_index('ix_find_items_by_place', table_name='find_items')
    op.drop_table('find_items')
    op.drop_index(op.f('ix_find_grams_word_id'), table_name='find_grams')
    op.drop_table('find_grams')
    op.drop_index(op.f('ix_erased_rows_erasure_id'), table_name='erased_rows')
    op.drop_table('erased_rows')
    op.drop_index(op.f('ix_drafts_login'), table_name='drafts')
    op.drop_table('drafts')
    op.drop_index(op.f('ix_documents_sha256'), table_name='documents')
    op.drop_index(op.f('ix_documents_kind'), table_name='documents')
    op.drop_index(op.f('ix_documents_delivery'), table_name='documents')
    op.drop_table('documents')
    op.drop_index(op.f('ix_certificates_state'), table_name='certificates')
    op.drop_index(op.f('ix_certificates_address'), table_name='certificates')
    op.drop_table('certificates')
    op.drop_index(op.f('ix_cases_patient_name'), table_name='cases')
    op.drop_index(op.f('ix_cases_patient_birth_date'), table_name='cases')
    op.drop_index(op.f('ix_cases_opened_by_delivery'), table_name='cases')
    op.drop_index(op.f('ix_cases_name_key'), table_name='cases')
    op.drop_index(op.f('ix_cases_form_reference'), table_name='cases')
    op.drop_index(op.f('ix_cases_establishment_finess'), table_name='cases')
    op.drop_index(op.f('ix_cases_cnas_number'), table_name='cases')
    op.drop_index(op.f('ix_cases_circuit'), table_name='cases')
    op.drop_table('cases')
    op.drop_index(op.f('ix_arrivals_mailbox'), table_name='arrivals')
    op.drop_index(op.f('ix_arrivals_delivery'), table_name='arrivals')
    op.drop_index(op.f('ix_arrivals_at'), table_name='arrivals')
    op.drop_table('arrivals')
    op.drop_index(op.f('ix_api_tokens_login'), table_name='api_tokens')
    op.drop_table('api_tokens')
    op.drop_index(op.f('ix_unlocked_copies_copy_sha256'), table_name='unlocked_copies')
    op.drop_table('unlocked_copies')
    op.drop_table('tallies')
    op.drop_table('sweep_marks')
    op.drop_table('sign_in_attempts')
    op.drop_table('rule_sets')
    op.drop_index(op.f('ix_recognised_pages_at'), table_name='recognised_pages')
    op.drop_table('recognised_pages')
    op.drop_table('pulses')
    op.drop_index(op.f('ix_people_email'), table_name='people')
    op.drop_table('people')
    op.drop_index(op.f('ix_ledger_sightings_mark'), table_name='ledger_sightings')
    op.drop_index(op.f('ix_ledger_sightings_fate'), table_name='ledger_sightings')
    op.drop_index(op.f('ix_ledger_sightings_day'), table_name='ledger_sightings')
    op.drop_table('ledger_sightings')
    op.drop_table('ledger_folders')
    op.drop_table('ledger_days')
    op.drop_table('ledger_answers')
    op.drop_index(op.f('ix_find_words_sound'), table_name='find_words')
    op.drop_table('find_words')
    op.drop_table('failed_addresses')
    op.drop_table('executors')
    op.drop_table('erasures')
    op.drop_index(op.f('ix_deliveries_state'), table_name='deliveries')
    op.drop_index(op.f('ix_deliveries_received_at'), table_name='deliveries')
    op.drop_index(op.f('ix_deliveries_message_id'), table_name='deliveries')
    op.drop_table('deliveries')
    op.drop_table('counters')
    op.drop_table('audit_stamps')
    op.drop_table('audit_head')
    op.drop_index('ix_audit_events_by_subject', table_name='audit_events')
    op.drop_index('ix_audit_events_by_kind', table_name='audit_events')
    op.drop_index('ix_audit_events_by_day', table_name='audit_events')
    op.drop_table('audit_events')
    op.drop_index('ix_audit_clear_by_person', table_name='audit_clear', sqlite_where=sa.text("field IN ('by', 'person')"), postgresql_where=sa.text("field IN ('by', 'person')"))
    op.drop_table('audit_clear')
    op.drop_table('audit_checkpoints')
    op.drop_index(op.f('ix_api_answers_claimed_at'), table_name='api_answers')
    op.drop_table('api_answers')
