"""A Slurm cluster of one node on loopback, which leaves nothing behind.

Its key, ports, configuration and state are its own and stand below one folder: a Slurm that the
machine already has is neither used nor disturbed, and no rights of an administrator are needed.
All processes are ended with the `with` block, on failure too. If the test itself is killed, the
kernel ends the daemons, and a job ends with its work.
"""

from __future__ import annotations

import ctypes
import getpass
import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

#: Programs that are started, or that the executor calls.
DAEMONS = ("munged", "slurmctld", "slurmd")
COMMANDS = ("sbatch", "scancel", "scontrol", "sinfo", "squeue", "srun")

#: Where daemons are that are not on the PATH of everybody.
SYSTEM_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/sbin")

#: The longest path of a socket on Linux, less what Slurm and MUNGE append to it.
LONGEST_FOLDER = 90

#: Seconds for a daemon to answer, and for all to end.
PATIENCE = 120.0

_CONFIGURATION = """\
ClusterName=loopback
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
# Loopback only: neither daemon listens to the network.
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny

SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket

StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log

# No database of past jobs, as on the smallest clusters: the executor has to ask `squeue`.
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none

# What needs the kernel's control groups, or an administrator, is left out.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none

SchedulerType=sched/backfill
# Plan at once: a test must not wait for the next round.
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
ReturnToService=2
# Ended jobs are looked at when all have ended, which takes longer on a busy machine.
MinJobAge=7200
# The node counts as large as it is said to be.
SlurmdParameters=config_overrides

NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=60 State=UP
"""


def program(name: str) -> str | None:
    """Find a program, also where only administrators look."""
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(SYSTEM_FOLDERS))


def missing() -> list[str]:
    """Name the programs that are not on this machine."""
    return [name for name in (*DAEMONS, *COMMANDS) if program(name) is None]


class SlurmCluster:
    """A controller and a node.

    Use as a context manager; `environment` is then what a user's commands need.

    Parameters
    ----------
    folder : Path
        Where everything stands; made if it is not there. Slurm takes no blanks in it.
    cpus : int, default 2
        How many jobs of one processor run at a time; more wait.
    memory : int, default 8000
        MB that the jobs may ask for together.
    """

    def __init__(self, folder: Path, cpus: int = 2, memory: int = 8000) -> None:
        self.folder = folder
        self.cpus = cpus
        self.memory = memory
        self._processes: list[tuple[str, subprocess.Popen[bytes]]] = []

    def __enter__(self) -> SlurmCluster:
        try:
            self._prepare()
            self._start_munge()
            self._start_slurm()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()

    @property
    def environment(self) -> dict[str, str]:
        """Variables with which Slurm's commands speak to this cluster."""
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        return {"SLURM_CONF": str(self.folder / "slurm.conf"), "PATH": path}

    @property
    def pids(self) -> list[int]:
        """Process ids of the daemons, in the order of their start."""
        return [process.pid for _, process in self._processes]

    def command(self, *arguments: str) -> str:
        """Run one of Slurm's commands, and return what it prints."""
        done = subprocess.run(
            arguments,
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
        return done.stdout

    def stop(self) -> None:
        """End the jobs, then the daemons in the reverse order of their start."""
        if any(name == "slurmctld" and one.poll() is None for name, one in self._processes):
            self._end_jobs()
        while self._processes:
            _, process = self._processes.pop()
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def logs(self) -> str:
        """What the daemons said last."""
        parts = [
            f"{path.name}:\n" + "\n".join(path.read_text(errors="replace").splitlines()[-15:])
            for path in sorted(self.folder.glob("*.log"))
        ]
        return "\n".join(parts)

    def _prepare(self) -> None:
        if len(str(self.folder)) > LONGEST_FOLDER or any(c.isspace() for c in str(self.folder)):
            raise ValueError(
                f"{self.folder}: too long for a socket, or a blank in it; "
                "give pytest another folder with --basetemp=/tmp/slurm"
            )
        for name in ("state", "spool", "bin"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        # MUNGE wants its socket where everybody may come, and its key where nobody else may.
        self.folder.chmod(0o755)
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(128))
        controller_port, node_port = _free_ports(2)
        configuration = _CONFIGURATION.format(
            host=socket.gethostname().split(".")[0],
            user=getpass.getuser(),
            folder=self.folder,
            controller_port=controller_port,
            node_port=node_port,
            cpus=self.cpus,
            memory=self.memory,
        )
        (self.folder / "slurm.conf").write_text(configuration)
        # A step of the executor drops all of Slurm's variables before it calls `srun`, which
        # then looks for a cluster of the whole machine.
        for name in COMMANDS:
            wrapper = self.folder / "bin" / name
            conf = shlex.quote(str(self.folder / "slurm.conf"))
            real = shlex.quote(str(program(name)))
            wrapper.write_text(f'#!/bin/sh\nSLURM_CONF={conf} exec {real} "$@"\n')
            wrapper.chmod(0o755)

    def _start_munge(self) -> None:
        self._start(
            *("munged", "--foreground", "--force", "--num-threads=2"),
            f"--key-file={self.folder}/munge.key",
            f"--socket={self.folder}/munge.socket",
            f"--pid-file={self.folder}/munged.pid",
            f"--seed-file={self.folder}/munged.seed",
            f"--log-file={self.folder}/munged.log",
        )
        self._wait("munged", (self.folder / "munge.socket").is_socket)

    def _start_slurm(self) -> None:
        conf = str(self.folder / "slurm.conf")
        # In the foreground, with a state of nothing.
        self._start("slurmctld", "-D", "-c", "-f", conf)
        self._wait("slurmctld", lambda: "UP" in self._answer("scontrol", "ping"))
        host = socket.gethostname().split(".")[0]
        self._start("slurmd", "-D", "-f", conf, "-N", host)
        self._wait("slurmd", lambda: self._answer("sinfo", "-h", "-o", "%T").strip() == "idle")

    def _start(self, name: str, *arguments: str) -> None:
        with open(self.folder / f"{name}.printed.log", "wb") as printed:
            process = subprocess.Popen(
                [str(program(name)), *arguments],
                cwd=self.folder,
                env=os.environ | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                preexec_fn=_end_with_parent,
            )
        self._processes.append((name, process))

    def _wait(self, name: str, ready: Callable[[], bool]) -> None:
        """Wait until a daemon is there."""
        process = self._processes[-1][1]
        deadline = time.monotonic() + PATIENCE
        while not ready():
            if process.poll() is not None:
                raise RuntimeError(f"{name} ended with {process.returncode}\n{self.logs()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{name} is not there after {PATIENCE:g} s\n{self.logs()}")
            time.sleep(0.1)

    def _answer(self, *arguments: str) -> str:
        """What a command prints, or nothing if it fails."""
        try:
            return self.command(*arguments)
        except (subprocess.SubprocessError, OSError):
            return ""

    def _end_jobs(self) -> None:
        """Cancel what still runs: a job's processes are no children of the node's daemon."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            left = self._answer("squeue", "-h", "-o", "%i").split()
            if not left:
                return
            self._answer("scancel", "--signal=KILL", "--full", *left)
            self._answer("scancel", *left)
            time.sleep(0.5)
        # Where the controller no longer answers, the node still knows its own.
        for line in self._answer("scontrol", "listpids").splitlines()[1:]:
            pid = line.split()[0]
            if pid.isdigit():
                os.kill(int(pid), signal.SIGKILL)


def _free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens at."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _end_with_parent() -> None:
    """Ask the kernel to end this process with the one that started it (PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
