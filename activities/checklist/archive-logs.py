"""Feeds the rows of a metrics file to Weights & Biases: all of them, in order, once.

Reads one JSON request, a line, from standard input, and ends when that is closed; writes JSON lines to standard output: `{"done": n}` while it goes on, then
`{"result": {"rows": n, "url": url or null}}` or `{"problem": {"code": ..., "message": ...}}`. The key is only ever read by
wandb from WANDB_API_KEY.
"""

import contextlib
import json
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.request

ANSWERS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what wandb prints is not an answer

REACH_SECONDS = 15


def answer(**message):
    ANSWERS.write(json.dumps(message) + "\n")
    ANSWERS.flush()


class Refused(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def settings(request):
    import wandb

    return wandb.Settings(
        mode=request["mode"],
        project=request["project"],
        run_id=request["runId"],
        run_name=request["run"],
        root_dir=request["folder"],
        console="off",
        silent=True,
        # The rows are what is archived; nothing else of this machine is.
        disable_git=True,
        disable_code=True,
        save_code=False,
        host="emo-aen",
        program="emo-aen",
        username="emo-aen",
        x_disable_meta=True,
        x_disable_stats=True,
        x_disable_machine_info=True,
        x_save_requirements=False,
    )


def log(request, rows, **options):
    import wandb

    run = wandb.init(settings=settings(request), config=request["config"], dir=request["folder"], **options)
    start = run.step  # beyond 0 where an earlier attempt got so far
    for step, row in enumerate(rows[start:], start):
        run.log(row, step=step)
        answer(done=step + 1)
    run.summary.update(request["summary"])
    run.finish(exit_code=0)


def reach(url):
    """W&B retries for hours where nobody answers; a task asks once and lets the workflow wait."""
    try:
        urllib.request.urlopen(url, timeout=REACH_SECONDS).close()
    except urllib.error.HTTPError:
        pass  # it answers
    except OSError as error:
        raise Refused("UNREACHABLE", f"W&B at {url} cannot be reached: {error}") from error


def confirmed(api, path):
    """Rows that the server holds; None where it has no such run."""
    import wandb

    try:
        run = api.run(path)
        return run._attrs["historyLineCount"], run.url
    except (ValueError, wandb.errors.CommError) as error:
        if "Could not find run" in str(error) or "not found" in str(error).lower():
            return None, None
        raise


def upload(request, rows):
    import wandb

    reach(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai"))
    try:
        api = wandb.Api(timeout=30)
        entity = os.environ.get("WANDB_ENTITY") or api.default_entity
        path = f"{entity}/{request['project']}/{request['runId']}"
        held, url = confirmed(api, path)
        if held != len(rows):
            log(request, rows, resume="allow")
        seconds = request["confirmSeconds"]
        deadline = time.monotonic() + seconds
        while held != len(rows):
            if time.monotonic() > deadline:
                raise Refused("UNREACHABLE", f"W&B holds {held or 0} of {len(rows)} rows after {seconds} s")
            time.sleep(1)
            held, url = confirmed(wandb.Api(timeout=30), path)
            answer(done=held or 0)
        return {"rows": held, "url": url}
    except (wandb.errors.AuthenticationError, wandb.errors.UsageError) as error:
        raise Refused("ENVIRONMENT", f"W&B refuses: {error}") from error
    except wandb.errors.Error as error:
        raise Refused("UNREACHABLE", f"W&B: {error}") from error


def end_with_worker():
    """The worker holds the other end of standard input. Once it is gone, the next attempt must find nobody who writes the same run."""
    sys.stdin.buffer.read()
    for thread in os.listdir("/proc/self/task"):
        with contextlib.suppress(OSError), open(f"/proc/self/task/{thread}/children", encoding="ascii") as file:
            for child in file.read().split():
                with contextlib.suppress(OSError):
                    os.kill(int(child), signal.SIGKILL)
    os.killpg(0, signal.SIGKILL)


def main():
    request = json.loads(sys.stdin.readline())
    threading.Thread(target=end_with_worker, daemon=True).start()
    with open(request["metrics"], encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    try:
        if request["mode"] == "offline":
            log(request, rows)
            answer(result={"rows": len(rows), "url": None})
        else:
            answer(result=upload(request, rows))
    except Refused as refused:
        answer(problem={"code": refused.code, "message": str(refused)})


with contextlib.suppress(BrokenPipeError):
    main()
