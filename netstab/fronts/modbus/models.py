"""The register maps as data: the plain map, and the models of the SunSpec chain. Tables, and no code.

SunSpec's names, kinds and order are those of the Alliance's model definitions (Apache-2.0); the tests hold
each point to them. A model's ID and L are not in its table: whoever writes the chain writes them.
"""

from netstab.fronts.modbus.points import model

__all__ = [
    "COMMON",
    "DER_CAPACITY",
    "DER_CTL",
    "DER_CTL_AC",
    "DER_MEASURE_AC",
    "METER",
    "PLAIN",
    "PLAIN_CONTROLS",
]

PLAIN = model(
    0,
    """
    version word, state word, available word, in_command word
    rated float32, active float32, target_in_force float32, least float32, step float32
    active_whole long, energy long
    heartbeat word, last_refusal word, registered word, reachable word, hashing word
    """,
)
"""From register 0: what the fleet does, in W and Wh."""

PLAIN_CONTROLS = model(
    0,
    """
    target float32 rw, target_whole long rw
    run word rw, watchdog word rw, controller_heartbeat word rw
    """,
)
"""From register 100: what it is to do, in W and s."""

COMMON = model(
    1,
    """
    Mn 16, Md 16, Opt 8, Vr 8, SN 16, DA uint16 kept, Pad pad
    """,
)

_PHASE = """
    WL{n} int16 W_SF, VAL{n} int16 VA_SF, VarL{n} int16 Var_SF, PFL{n} int16 PF_SF, AL{n} int16 A_SF
    VL{n}L{next} uint16 V_SF, VL{n} uint16 V_SF
    TotWhInjL{n} uint64 TotWh_SF, TotWhAbsL{n} uint64 TotWh_SF
    TotVarhInjL{n} uint64 TotVarh_SF, TotVarhAbsL{n} uint64 TotVarh_SF
"""

DER_MEASURE_AC = model(
    701,
    f"""
    ACType enum16, St enum16, InvSt enum16, ConnSt enum16, Alrm bitfield32, DERMode bitfield32
    W int16 W_SF, VA int16 VA_SF, Var int16 Var_SF, PF int16 PF_SF, A int16 A_SF
    LLV uint16 V_SF, LNV uint16 V_SF, Hz uint32 Hz_SF
    TotWhInj uint64 TotWh_SF, TotWhAbs uint64 TotWh_SF
    TotVarhInj uint64 TotVarh_SF, TotVarhAbs uint64 TotVarh_SF
    TmpAmb int16 Tmp_SF, TmpCab int16 Tmp_SF, TmpSnk int16 Tmp_SF
    TmpTrns int16 Tmp_SF, TmpSw int16 Tmp_SF, TmpOt int16 Tmp_SF
    {_PHASE.format(n=1, next=2)}
    {_PHASE.format(n=2, next=3)}
    {_PHASE.format(n=3, next=1)}
    ThrotPct uint16, ThrotSrc bitfield32
    A_SF sunssf, V_SF sunssf, Hz_SF sunssf, W_SF sunssf, PF_SF sunssf
    VA_SF sunssf, Var_SF sunssf, TotWh_SF sunssf, TotVarh_SF sunssf, Tmp_SF sunssf
    MnAlrmInfo 32
    """,
)

DER_CAPACITY = model(
    702,
    """
    WMaxRtg uint16 W_SF, WOvrExtRtg uint16 W_SF, WOvrExtRtgPF uint16 PF_SF
    WUndExtRtg uint16 W_SF, WUndExtRtgPF uint16 PF_SF
    VAMaxRtg uint16 VA_SF, VarMaxInjRtg uint16 Var_SF, VarMaxAbsRtg uint16 Var_SF
    WChaRteMaxRtg uint16 W_SF, WDisChaRteMaxRtg uint16 W_SF
    VAChaRteMaxRtg uint16 VA_SF, VADisChaRteMaxRtg uint16 VA_SF
    VNomRtg uint16 V_SF, VMaxRtg uint16 V_SF, VMinRtg uint16 V_SF, AMaxRtg uint16 A_SF
    PFOvrExtRtg uint16 PF_SF, PFUndExtRtg uint16 PF_SF, ReactSusceptRtg uint16 S_SF
    NorOpCatRtg enum16, AbnOpCatRtg enum16, CtrlModes bitfield32, IntIslandCatRtg bitfield16
    WMax uint16 W_SF kept, WMaxOvrExt uint16 W_SF kept, WOvrExtPF uint16 PF_SF kept
    WMaxUndExt uint16 W_SF kept, WUndExtPF uint16 PF_SF kept
    VAMax uint16 VA_SF kept, VarMaxInj uint16 Var_SF kept, VarMaxAbs uint16 Var_SF kept
    WChaRteMax uint16 W_SF kept, WDisChaRteMax uint16 W_SF kept
    VAChaRteMax uint16 VA_SF kept, VADisChaRteMax uint16 VA_SF kept
    VNom uint16 V_SF kept, VMax uint16 V_SF kept, VMin uint16 V_SF kept, AMax uint16 A_SF kept
    PFOvrExt uint16 PF_SF kept, PFUndExt uint16 PF_SF kept, IntIslandCat bitfield16 kept
    W_SF sunssf, PF_SF sunssf, VA_SF sunssf, Var_SF sunssf, V_SF sunssf, A_SF sunssf, S_SF sunssf
    """,
)

DER_CTL_AC = model(
    704,
    """
    PFWInjEna enum16 kept, PFWInjEnaRvrt enum16 kept, PFWInjRvrtTms uint32 kept, PFWInjRvrtRem uint32
    PFWAbsEna enum16 kept, PFWAbsEnaRvrt enum16 kept, PFWAbsRvrtTms uint32 kept, PFWAbsRvrtRem uint32
    WMaxLimPctEna enum16 rw, WMaxLimPct uint16 WMaxLimPct_SF rw, WMaxLimPctRvrt uint16 WMaxLimPct_SF rw
    WMaxLimPctEnaRvrt enum16 rw, WMaxLimPctRvrtTms uint32 rw, WMaxLimPctRvrtRem uint32
    WSetEna enum16 rw, WSetMod enum16 rw, WSet int32 WSet_SF rw, WSetRvrt int32 WSet_SF rw
    WSetPct int16 WSetPct_SF rw, WSetPctRvrt int16 WSetPct_SF rw
    WSetEnaRvrt enum16 rw, WSetRvrtTms uint32 rw, WSetRvrtRem uint32
    VarSetEna enum16 kept, VarSetMod enum16 kept, VarSetPri enum16 kept
    VarSet int32 VarSet_SF kept, VarSetRvrt int32 VarSet_SF kept
    VarSetPct int16 VarSetPct_SF kept, VarSetPctRvrt int16 VarSetPct_SF kept
    VarSetEnaRvrt enum16 kept, VarSetRvrtTms uint32 kept, VarSetRvrtRem uint32
    WRmp uint16 kept, WRmpRef enum16 kept, VarRmp uint16 kept, AntiIslEna enum16 kept
    PF_SF sunssf, WMaxLimPct_SF sunssf, WSet_SF sunssf, WSetPct_SF sunssf
    VarSet_SF sunssf, VarSetPct_SF sunssf
    PFWInj.PF uint16 PF_SF kept, PFWInj.Ext enum16 kept
    PFWInjRvrt.PF uint16 PF_SF kept, PFWInjRvrt.Ext enum16 kept
    PFWAbs.PF uint16 PF_SF kept, PFWAbs.Ext enum16 kept
    PFWAbsRvrt.PF uint16 PF_SF kept, PFWAbsRvrt.Ext enum16 kept
    """,
)

DER_CTL = model(
    715,
    """
    LocRemCtl enum16, DERHb uint32, ControllerHb uint32 rw, AlarmReset uint16 rw, OpCtl enum16 rw
    """,
)


def _of_phases(name: str, kind: str, scale: str, *phases: str) -> str:
    return ", ".join(f"{name}{phase} {kind} {scale}" for phase in ("", *phases))


_PHASES = ("phA", "phB", "phC")
_ENERGY_PHASES = ("PhA", "PhB", "PhC")

METER = model(
    203,
    f"""
    A int16 A_SF, AphA int16 A_SF, AphB int16 A_SF, AphC int16 A_SF, A_SF sunssf
    {_of_phases("PhV", "int16", "V_SF", *_PHASES)}
    {_of_phases("PPV", "int16", "V_SF")}
    PhVphAB int16 V_SF, PhVphBC int16 V_SF, PhVphCA int16 V_SF, V_SF sunssf
    Hz int16 Hz_SF, Hz_SF sunssf
    {_of_phases("W", "int16", "W_SF", *_PHASES)}, W_SF sunssf
    {_of_phases("VA", "int16", "VA_SF", *_PHASES)}, VA_SF sunssf
    {_of_phases("VAR", "int16", "VAR_SF", *_PHASES)}, VAR_SF sunssf
    {_of_phases("PF", "int16", "PF_SF", *_PHASES)}, PF_SF sunssf
    {_of_phases("TotWhExp", "acc32", "TotWh_SF", *_ENERGY_PHASES)}
    {_of_phases("TotWhImp", "acc32", "TotWh_SF", *_ENERGY_PHASES)}, TotWh_SF sunssf
    {_of_phases("TotVAhExp", "acc32", "TotVAh_SF", *_ENERGY_PHASES)}
    {_of_phases("TotVAhImp", "acc32", "TotVAh_SF", *_ENERGY_PHASES)}, TotVAh_SF sunssf
    {_of_phases("TotVArhImpQ1", "acc32", "TotVArh_SF", *_ENERGY_PHASES)}
    {_of_phases("TotVArhImpQ2", "acc32", "TotVArh_SF", *_ENERGY_PHASES)}
    {_of_phases("TotVArhExpQ3", "acc32", "TotVArh_SF", *_ENERGY_PHASES)}
    {_of_phases("TotVArhExpQ4", "acc32", "TotVArh_SF", *_ENERGY_PHASES)}, TotVArh_SF sunssf
    Evt bitfield32
    """,
)
