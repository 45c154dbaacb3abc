"""Durable jobs by DBOS Transact, behind four verbs: start, submit, take_over, stop (decision 2).

A job is the journey of one delivery. Its only argument is the delivery's SHA-256 and its only results
are state names, so that the engine's own tables never hold a word of a mail. DBOS repeats an
interrupted step and fences nobody: our steps are conditional moves, harmless when repeated or raced.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable

from dbos import DBOS, DBOSConfig, SetWorkflowID
from dbos import error as dbos_error

APPLICATION_VERSION = "journey-1"
"""Pinned: by default DBOS refuses to recover work begun by any other text of the program."""

_QUEUE = "journey"
_POLL_SECONDS = 0.1
_MAX_RECOVERIES = 1000
_UNFINISHED = ["PENDING", "ENQUEUED", "DELAYED"]


class Engine:
    """One instance of the job engine. ``advance`` carries a delivery on, one step or several, and names
    its new state; the state of each step is in our own tables, so that nothing is done twice."""

    def __init__(
        self,
        url: str,
        executor: str,
        workers: int,
        advance: Callable[[str], str],
        rest: Iterable[str],
    ) -> None:
        self.executor = executor
        self._workers = workers
        resting = frozenset(rest)
        config: DBOSConfig = {
            "name": "passerelle",
            "system_database_url": url,
            "application_version": APPLICATION_VERSION,
            "executor_id": executor,
            "enable_otlp": False,
            "log_level": "ERROR",
            "max_executor_threads": max(8, workers * 2),
        }
        logging.getLogger("dbos").setLevel(logging.ERROR)
        DBOS(config=config)

        def carry(sha256: str) -> str:
            while True:
                state = DBOS.run_step({"name": "advance"}, advance, sha256)
                if state in resting:
                    return state

        self._journey = DBOS.workflow(name="journey", max_recovery_attempts=_MAX_RECOVERIES)(carry)

    def start(self) -> None:
        """Recover this executor's interrupted work and begin taking jobs."""
        DBOS.launch()
        DBOS.register_queue(_QUEUE, worker_concurrency=self._workers, polling_interval_sec=_POLL_SECONDS)

    def submit(self, sha256: str, attempt: int) -> None:
        """Ask for the journey of a delivery; asking twice is asking once."""
        with SetWorkflowID(f"{sha256}:{attempt}"):
            DBOS.enqueue_workflow(_QUEUE, self._journey, sha256)

    def is_under_way(self, sha256: str) -> bool:
        """Whether some attempt at this delivery is queued or running, anywhere."""
        return bool(
            DBOS.list_workflows(
                workflow_id_prefix=f"{sha256}:",
                status=_UNFINISHED,
                limit=1,
                load_input=False,
                load_output=False,
            )
        )

    def attempts(self, sha256: str) -> int:
        """How many attempts at this delivery the engine has known."""
        return len(
            DBOS.list_workflows(workflow_id_prefix=f"{sha256}:", load_input=False, load_output=False)
        )

    def take_over(self, executor: str) -> int:
        """Resume here what a dead executor had begun; returns how many jobs."""
        pending = DBOS.list_workflows(
            status="PENDING", executor_id=executor, load_input=False, load_output=False
        )
        if pending:
            DBOS.resume_workflows([w.workflow_id for w in pending], queue_name=_QUEUE)
        return len(pending)

    def stop(self) -> None:
        """Stop taking jobs; what is interrupted is recovered at the next start."""
        with contextlib.suppress(dbos_error.DBOSException):
            DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=5)
