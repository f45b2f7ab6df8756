"""From an effect to the device thread that it waits for, and from a step to the call of the driver there."""

from actors.miner.state import Probe, Send
from actors.report import Step
from netstab.devices.lanes import Lane
from netstab.devices.offers import remembering, renewing, restarting, switching, tuning
from netstab.devices.port import Endpoint, Keep, Permit, Readable, Recall, let_go, nothing_kept

__all__ = ["carry_out", "lane_of"]


def lane_of(effect: Probe | Send) -> Lane:
    """Return the lane that a call waits in: what sheds, and what is sure to be heard, waits for no other."""
    match effect:
        case Probe(silent=silent):
            return Lane.SILENT if silent else Lane.PROBE
        case Send(step=Step.SLEEP):
            return Lane.SHED
        case _:
            return Lane.COMMAND


def carry_out(
    send: Send,
    driver: Readable,
    endpoint: Endpoint,
    permit: Permit,
    keep: Keep = let_go,
    recall: Recall = nothing_kept,
) -> bool | None:
    """Have the device take a step, which blocks: None once it has, False where nothing was to be done.

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
            _sleep(send, driver, endpoint, permit, keep, recall)
        case Send(step=Step.WAKE):
            _wake(driver, endpoint, permit, recall)
        case Send(step=Step.RESTART):
            restarting(driver).restart(endpoint, permit)
        case Send(step=Step.REBOOT):
            restarting(driver).reboot(endpoint, permit)
        case Send(step=Step.RESET):
            restarting(driver).factory_reset(endpoint, permit)
        case _:
            raise ValueError(f"{send.step} says not what to set.")
    return None


def _sleep(
    send: Send, driver: Readable, endpoint: Endpoint, permit: Permit, keep: Keep, recall: Recall
) -> None:
    remembers = remembering(driver)
    if remembers is not None:
        remembers.sleep_keeping(endpoint, permit, keep, recall, insist=send.insist)
    else:
        switching(driver).sleep(endpoint, permit, insist=send.insist)


def _wake(driver: Readable, endpoint: Endpoint, permit: Permit, recall: Recall) -> None:
    remembers = remembering(driver)
    if remembers is not None:
        remembers.wake_to_kept(endpoint, permit, recall)
    else:
        switching(driver).wake(endpoint, permit)
