"""The EMS protocol."""

from api.examples.base import Example

__all__ = ["EMS"]

EMS = {
    "GET /api/status": Example(
        {
            "isAvailableForDispatch": True,
            "runningStatus": 2,
            "ratedPowerInKw": 2.92,
            "activePowerInKw": 2.45,
        }
    ),
    "POST /api/activate": Example(
        {
            "accepted": True,
            "message": "Fleet activated successfully at 2000W (2 miners at full power)",
        },
        {"activationPowerInKw": 2.0},
    ),
    "POST /api/deactivate": Example(
        {"accepted": True, "message": "Fleet deactivation command accepted. All miners stopping."}, {}
    ),
}
