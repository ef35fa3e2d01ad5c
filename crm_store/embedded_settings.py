"""What the embedded server is told: sized to the machine, private in its logs, loopback only."""

import os
from collections.abc import Mapping
from pathlib import Path

MB = 1024 * 1024
LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
ACCESS = """\
# Written by Almoner at each start.
host all         all 127.0.0.1/32 scram-sha-256
host replication all 127.0.0.1/32 scram-sha-256
"""
FIXED: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "shared_preload_libraries": "pg_stat_statements",
    # Statements that set passwords would otherwise be kept word for word.
    "pg_stat_statements.track_utility": "off",
    "work_mem": "32MB",
    "random_page_cost": "1.1",
    "jit": "off",
    # Containers often forbid the huge pages their host offers: the server dies of SIGBUS.
    "huge_pages": "off",
    "wal_compression": "on",
    "max_wal_size": "4GB",
    "checkpoint_completion_target": "0.9",
    "timezone": "UTC",
    "lc_messages": "C",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_lock_waits": "on",
    "autovacuum_naptime": "15s",
    # A failing statement and its DETAIL quote passwords and people.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
CARELESS: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


def configuration(port: int, *, durable: bool, shared_buffers: str | None) -> str:
    """The text of postgresql.conf; what an operator sets with ALTER SYSTEM still wins."""
    memory = _memory()
    settings = {
        **FIXED,
        "port": str(port),
        "shared_buffers": shared_buffers or _size(min(memory // 4, 1024 * MB)),
        "effective_cache_size": _size(memory * 6 // 10),
        "maintenance_work_mem": _size(min(memory // 8, 256 * MB)),
        "dynamic_shared_memory_type": "posix" if _roomy(Path("/dev/shm")) else "sysv",
        **({} if durable else CARELESS),
    }
    lines = [f"{name} = '{value}'" for name, value in settings.items()]
    return "\n".join(["# Written by Almoner at each start. Use ALTER SYSTEM instead.", *lines, ""])


def _size(amount: int) -> str:
    return f"{max(amount // MB, 16)}MB"


def _memory() -> int:
    """What this machine, or the container on it, may use."""
    amounts = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for limit in LIMITS:
        if limit.exists() and (amount := limit.read_text().strip()).isdigit():
            amounts.append(int(amount))
    return min(amounts)


def _roomy(folder: Path) -> bool:
    """Docker gives 64 MB, too little for a parallel query; macOS has no such folder to fill."""
    if not folder.exists():
        return True
    room = os.statvfs(folder)
    return room.f_blocks * room.f_frsize >= 512 * MB
