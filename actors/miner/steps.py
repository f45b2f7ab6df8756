"""From a step to the call of the driver that carries it out. It blocks: it runs on a device thread."""

from actors.miner.state import Send
from actors.report import Step
from netstab.devices.offers import renewing, restarting, switching, tuning
from netstab.devices.port import Endpoint, Keep, Permit, Readable, let_go

__all__ = ["carry_out"]


def carry_out(
    send: Send, driver: Readable, endpoint: Endpoint, permit: Permit, keep: Keep = let_go
) -> bool | None:
    """Have the device take a step: None once it has, False where nothing was to be done.

    Raises a `DeviceError`; `NotControllable` where the driver has no way to do it.
    """
    match send:
        case Send(step=Step.TUNE, setting=setting) if setting is not None:
            return tuning(driver).apply(endpoint, setting, permit, keep, voltage=send.voltage)
        case Send(step=Step.RESTORE, tuning=own) if own is not None:
            return tuning(driver).restore(endpoint, own, permit)
        case Send(step=Step.RENEW):
            renewing(driver).renew(endpoint, send.setting, permit)
        case Send(step=Step.SLEEP):
            switching(driver).sleep(endpoint, permit, insist=send.insist)
        case Send(step=Step.WAKE):
            switching(driver).wake(endpoint, permit)
        case Send(step=Step.RESTART):
            restarting(driver).restart(endpoint, permit)
        case Send(step=Step.REBOOT):
            restarting(driver).reboot(endpoint, permit)
        case Send(step=Step.RESET):
            restarting(driver).factory_reset(endpoint, permit)
        case _:
            raise ValueError(f"{send.step} says not what to set.")
    return None
