"""What a training asks of the scheduler SLURM."""

import os
import subprocess

from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.pytorch.utilities import rank_zero_info, rank_zero_warn


def requeue(environment: object) -> None:
    """Put the job that this process belongs to back into SLURM's queue; warn where SLURM refuses.

    Args:
        environment: What Lightning found to have started the processes. Nothing happens unless it is SLURM's ``srun``,
            and where its ``auto_requeue`` is off.
    """
    if not (isinstance(environment, SLURMEnvironment) and environment.auto_requeue):
        return
    array = os.environ.get("SLURM_ARRAY_JOB_ID")
    job = f"{array}_{os.environ['SLURM_ARRAY_TASK_ID']}" if array else os.environ["SLURM_JOB_ID"]
    try:
        subprocess.run(["scontrol", "requeue", job], check=True, capture_output=True, text=True)  # noqa: S603, S607
    except (OSError, subprocess.CalledProcessError) as error:
        reason = (getattr(error, "stderr", "") or str(error)).strip()
        rank_zero_warn(f"SLURM does not requeue job {job} ({reason}): submit it again to continue")
    else:
        rank_zero_info(f"SLURM has requeued job {job}")
