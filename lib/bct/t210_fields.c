/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the fields of a T210 BCT stand. Source: boot-images.md 6 names the keys; every row was
 * found by setting the key alone and seeing which bytes Debian's cbootimage 1.8 changed, and is
 * held against it again by tests/cli/peer-cbootimage-t210.sh.
 */
#include "bct/t210.h"

#include <string.h>

/* clang-format off */
static const struct t210_word device_types[] = {
    { "NvBootDevType_Spi", 3 }, { "NvBootDevType_Sdmmc", 4 }, { NULL, 0 },
};
static const struct t210_word clock_sources[] = {
    { "NvBootSpiClockSource_PllPOut0", 0 }, { "NvBootSpiClockSource_ClockM", 6 }, { NULL, 0 },
};
static const struct t210_word data_widths[] = {
    { "NvBootSdmmcDataWidth_4Bit", 1 }, { "NvBootSdmmcDataWidth_8Bit", 2 }, { NULL, 0 },
};
static const struct t210_word memory_types[] = {
    { "NvBootMemoryType_None", 0 }, { "NvBootMemoryType_LpDdr2", 1 },
    { "NvBootMemoryType_Ddr3", 2 }, { "NvBootMemoryType_LpDdr4", 3 }, { NULL, 0 },
};

static const char second_device[] =
    "a second device is not placed by experiment, since cbootimage puts it over the first";

const struct t210_group rk_t210_groups[T210_GROUPS] = {
    [T210_ONCE]   = { NULL, 0, 0, 0, 0, NULL },
    [T210_DEVICE] = { NULL, T210_DEVICES, 1, 0, 0, second_device },
    [T210_SPI]    = { "SpiFlashParams", T210_DEVICES, 1, 0, 3, second_device },
    [T210_SDMMC]  = { "SdmmcParams", T210_DEVICES, 1, 0, 4, second_device },
    [T210_SETS]   = { NULL, T210_SDRAM_COUNT, T210_SDRAM_MAX, T210_SDRAM_LEN, 0, NULL },
};

static const struct t210_field fields[] = {
    { "PartitionSize", T210_PARTITION,   4, T210_NUMBER, T210_ONCE, T210_SIZES, NULL },
    { "BlockSize",     T210_BLOCK_LOG2,  4, T210_LOG2,   T210_ONCE, T210_SIZES, NULL },
    { "PageSize",      T210_PAGE_LOG2,   4, T210_LOG2,   T210_ONCE, 0, NULL },
    { "OdmData",       0x0508,           4, T210_NUMBER, T210_ONCE, T210_NOT_UPDATED, NULL },
    { "ChipUid",       0x0520,          16, T210_HEX,    T210_ONCE, 0, NULL },
    { "DebugCtrl",     0x27e4,           4, T210_NUMBER, T210_ONCE, 0, NULL },
    { "DevType",       T210_DEVICE_TYPE, 4, T210_NUMBER, T210_DEVICE, 0, device_types },
    { "DeviceParam.SpiFlashParams.ReadCommandTypeFast", 0x054d, 1, T210_NUMBER, T210_SPI, 0, NULL },
    { "DeviceParam.SpiFlashParams.PageSize2kor16k", 0x054e, 1, T210_NUMBER, T210_SPI, 0, NULL },
    { "DeviceParam.SpiFlashParams.ClockDivider", 0x054c, 1, T210_NUMBER, T210_SPI, 0, NULL },
    { "DeviceParam.SpiFlashParams.ClockSource", 0x0548, 4, T210_NUMBER, T210_SPI, 0, clock_sources },
    { "DeviceParam.SdmmcParams.ClockDivider", 0x0548, 1, T210_NUMBER, T210_SDMMC, 0, NULL },
    { "DeviceParam.SdmmcParams.DataWidth", 0x054c, 4, T210_NUMBER, T210_SDMMC, 0, data_widths },
    { "DeviceParam.SdmmcParams.MaxPowerClassSupported", 0x0550, 1, T210_NUMBER, T210_SDMMC, 0, NULL },
    { "DeviceParam.SdmmcParams.MultiPageSupport", 0x0551, 1, T210_NUMBER, T210_SDMMC, 0, NULL },
};

/* The words of one SDRAM set in the order in which they stand, four bytes each; nothing is between. */
#define W(name) "SDRAM." #name
static const char *const sdram_words[] = {
    W(MemoryType), W(PllMInputDivider), W(PllMFeedbackDivider), W(PllMStableTime),
    W(PllMSetupControl), W(PllMPostDivider), W(PllMKCP), W(PllMKVCO), W(EmcBctSpare0),
    W(EmcBctSpare1), W(EmcBctSpare2), W(EmcBctSpare3), W(EmcBctSpare4), W(EmcBctSpare5),
    W(EmcBctSpare6), W(EmcBctSpare7), W(EmcBctSpare8), W(EmcBctSpare9), W(EmcBctSpare10),
    W(EmcBctSpare11), W(EmcBctSpare12), W(EmcBctSpare13), W(EmcClockSource), W(EmcClockSourceDll),
    W(ClkRstControllerPllmMisc2Override), W(ClkRstControllerPllmMisc2OverrideEnable),
    W(ClearClk2Mc1), W(EmcAutoCalInterval), W(EmcAutoCalConfig), W(EmcAutoCalConfig2),
    W(EmcAutoCalConfig3), W(EmcAutoCalConfig4), W(EmcAutoCalConfig5), W(EmcAutoCalConfig6),
    W(EmcAutoCalConfig7), W(EmcAutoCalConfig8), W(EmcAutoCalVrefSel0), W(EmcAutoCalVrefSel1),
    W(EmcAutoCalChannel), W(EmcPmacroAutocalCfg0), W(EmcPmacroAutocalCfg1), W(EmcPmacroAutocalCfg2),
    W(EmcPmacroRxTerm), W(EmcPmacroDqTxDrv), W(EmcPmacroCaTxDrv), W(EmcPmacroCmdTxDrv),
    W(EmcPmacroAutocalCfgCommon), W(EmcPmacroZctrl), W(EmcAutoCalWait), W(EmcXm2CompPadCtrl),
    W(EmcXm2CompPadCtrl2), W(EmcXm2CompPadCtrl3), W(EmcAdrCfg), W(EmcPinProgramWait),
    W(EmcPinExtraWait), W(EmcPinGpioEn), W(EmcPinGpio), W(EmcTimingControlWait), W(EmcRc),
    W(EmcRfc), W(EmcRfcPb), W(EmcRefctrl2), W(EmcRfcSlr), W(EmcRas), W(EmcRp), W(EmcR2r), W(EmcW2w),
    W(EmcR2w), W(EmcW2r), W(EmcR2p), W(EmcW2p), W(EmcTppd), W(EmcCcdmw), W(EmcRdRcd), W(EmcWrRcd),
    W(EmcRrd), W(EmcRext), W(EmcWext), W(EmcWdv), W(EmcWdvChk), W(EmcWsv), W(EmcWev), W(EmcWdvMask),
    W(EmcWsDuration), W(EmcWeDuration), W(EmcQUse), W(EmcQuseWidth), W(EmcIbdly), W(EmcObdly),
    W(EmcEInput), W(EmcEInputDuration), W(EmcPutermExtra), W(EmcPutermWidth), W(EmcQRst),
    W(EmcQSafe), W(EmcRdv), W(EmcRdvMask), W(EmcRdvEarly), W(EmcRdvEarlyMask), W(EmcQpop),
    W(EmcRefresh), W(EmcBurstRefreshNum), W(EmcPreRefreshReqCnt), W(EmcPdEx2Wr), W(EmcPdEx2Rd),
    W(EmcPChg2Pden), W(EmcAct2Pden), W(EmcAr2Pden), W(EmcRw2Pden), W(EmcCke2Pden), W(EmcPdex2Cke),
    W(EmcPdex2Mrr), W(EmcTxsr), W(EmcTxsrDll), W(EmcTcke), W(EmcTckesr), W(EmcTpd), W(EmcTfaw),
    W(EmcTrpab), W(EmcTClkStable), W(EmcTClkStop), W(EmcTRefBw), W(EmcFbioCfg5), W(EmcFbioCfg7),
    W(EmcFbioCfg8), W(EmcCmdMappingCmd0_0), W(EmcCmdMappingCmd0_1), W(EmcCmdMappingCmd0_2),
    W(EmcCmdMappingCmd1_0), W(EmcCmdMappingCmd1_1), W(EmcCmdMappingCmd1_2), W(EmcCmdMappingCmd2_0),
    W(EmcCmdMappingCmd2_1), W(EmcCmdMappingCmd2_2), W(EmcCmdMappingCmd3_0), W(EmcCmdMappingCmd3_1),
    W(EmcCmdMappingCmd3_2), W(EmcCmdMappingByte), W(EmcFbioSpare), W(EmcCfgRsv), W(EmcMrs),
    W(EmcEmrs), W(EmcEmrs2), W(EmcEmrs3), W(EmcMrw1), W(EmcMrw2), W(EmcMrw3), W(EmcMrw4),
    W(EmcMrw6), W(EmcMrw8), W(EmcMrw9), W(EmcMrw10), W(EmcMrw12), W(EmcMrw13), W(EmcMrw14),
    W(EmcMrwExtra), W(EmcWarmBootMrwExtra), W(EmcWarmBootExtraModeRegWriteEnable),
    W(EmcExtraModeRegWriteEnable), W(EmcMrwResetCommand), W(EmcMrwResetNInitWait), W(EmcMrsWaitCnt),
    W(EmcMrsWaitCnt2), W(EmcCfg), W(EmcCfg2), W(EmcCfgPipe), W(EmcCfgPipeClk),
    W(EmcFdpdCtrlCmdNoRamp), W(EmcCfgUpdate), W(EmcDbg), W(EmcDbgWriteMux), W(EmcCmdQ),
    W(EmcMc2EmcQ), W(EmcDynSelfRefControl), W(AhbArbitrationXbarCtrlMemInitDone), W(EmcCfgDigDll),
    W(EmcCfgDigDll_1), W(EmcCfgDigDllPeriod), W(EmcDevSelect), W(EmcSelDpdCtrl), W(EmcFdpdCtrlDq),
    W(EmcFdpdCtrlCmd), W(EmcPmacroIbVrefDq_0), W(EmcPmacroIbVrefDq_1), W(EmcPmacroIbVrefDqs_0),
    W(EmcPmacroIbVrefDqs_1), W(EmcPmacroIbRxrt), W(EmcCfgPipe1), W(EmcCfgPipe2),
    W(EmcPmacroQuseDdllRank0_0), W(EmcPmacroQuseDdllRank0_1), W(EmcPmacroQuseDdllRank0_2),
    W(EmcPmacroQuseDdllRank0_3), W(EmcPmacroQuseDdllRank0_4), W(EmcPmacroQuseDdllRank0_5),
    W(EmcPmacroQuseDdllRank1_0), W(EmcPmacroQuseDdllRank1_1), W(EmcPmacroQuseDdllRank1_2),
    W(EmcPmacroQuseDdllRank1_3), W(EmcPmacroQuseDdllRank1_4), W(EmcPmacroQuseDdllRank1_5),
    W(EmcPmacroObDdllLongDqRank0_0), W(EmcPmacroObDdllLongDqRank0_1),
    W(EmcPmacroObDdllLongDqRank0_2), W(EmcPmacroObDdllLongDqRank0_3),
    W(EmcPmacroObDdllLongDqRank0_4), W(EmcPmacroObDdllLongDqRank0_5),
    W(EmcPmacroObDdllLongDqRank1_0), W(EmcPmacroObDdllLongDqRank1_1),
    W(EmcPmacroObDdllLongDqRank1_2), W(EmcPmacroObDdllLongDqRank1_3),
    W(EmcPmacroObDdllLongDqRank1_4), W(EmcPmacroObDdllLongDqRank1_5),
    W(EmcPmacroObDdllLongDqsRank0_0), W(EmcPmacroObDdllLongDqsRank0_1),
    W(EmcPmacroObDdllLongDqsRank0_2), W(EmcPmacroObDdllLongDqsRank0_3),
    W(EmcPmacroObDdllLongDqsRank0_4), W(EmcPmacroObDdllLongDqsRank0_5),
    W(EmcPmacroObDdllLongDqsRank1_0), W(EmcPmacroObDdllLongDqsRank1_1),
    W(EmcPmacroObDdllLongDqsRank1_2), W(EmcPmacroObDdllLongDqsRank1_3),
    W(EmcPmacroObDdllLongDqsRank1_4), W(EmcPmacroObDdllLongDqsRank1_5),
    W(EmcPmacroIbDdllLongDqsRank0_0), W(EmcPmacroIbDdllLongDqsRank0_1),
    W(EmcPmacroIbDdllLongDqsRank0_2), W(EmcPmacroIbDdllLongDqsRank0_3),
    W(EmcPmacroIbDdllLongDqsRank1_0), W(EmcPmacroIbDdllLongDqsRank1_1),
    W(EmcPmacroIbDdllLongDqsRank1_2), W(EmcPmacroIbDdllLongDqsRank1_3), W(EmcPmacroDdllLongCmd_0),
    W(EmcPmacroDdllLongCmd_1), W(EmcPmacroDdllLongCmd_2), W(EmcPmacroDdllLongCmd_3),
    W(EmcPmacroDdllLongCmd_4), W(EmcPmacroDdllShortCmd_0), W(EmcPmacroDdllShortCmd_1),
    W(EmcPmacroDdllShortCmd_2), W(WarmBootWait), W(EmcOdtWrite), W(EmcZcalInterval),
    W(EmcZcalWaitCnt), W(EmcZcalMrwCmd), W(EmcMrsResetDll), W(EmcZcalInitDev0), W(EmcZcalInitDev1),
    W(EmcZcalInitWait), W(EmcZcalWarmColdBootEnables), W(EmcMrwLpddr2ZcalWarmBoot),
    W(EmcZqCalDdr3WarmBoot), W(EmcZqCalLpDdr4WarmBoot), W(EmcZcalWarmBootWait),
    W(EmcMrsWarmBootEnable), W(EmcMrsResetDllWait), W(EmcMrsExtra), W(EmcWarmBootMrsExtra),
    W(EmcEmrsDdr2DllEnable), W(EmcMrsDdr2DllReset), W(EmcEmrsDdr2OcdCalib), W(EmcDdr2Wait),
    W(EmcClkenOverride), W(EmcExtraRefreshNum), W(EmcClkenOverrideAllWarmBoot),
    W(McClkenOverrideAllWarmBoot), W(EmcCfgDigDllPeriodWarmBoot), W(PmcVddpSel), W(PmcVddpSelWait),
    W(PmcDdrPwr), W(PmcDdrCfg), W(PmcIoDpd3Req), W(PmcIoDpd3ReqWait), W(PmcIoDpd4ReqWait),
    W(PmcRegShort), W(PmcNoIoPower), W(PmcDdrCntrlWait), W(PmcDdrCntrl), W(EmcAcpdControl),
    W(EmcSwizzleRank0Byte0), W(EmcSwizzleRank0Byte1), W(EmcSwizzleRank0Byte2),
    W(EmcSwizzleRank0Byte3), W(EmcSwizzleRank1Byte0), W(EmcSwizzleRank1Byte1),
    W(EmcSwizzleRank1Byte2), W(EmcSwizzleRank1Byte3), W(EmcTxdsrvttgen), W(EmcDataBrlshft0),
    W(EmcDataBrlshft1), W(EmcDqsBrlshft0), W(EmcDqsBrlshft1), W(EmcCmdBrlshft0), W(EmcCmdBrlshft1),
    W(EmcCmdBrlshft2), W(EmcCmdBrlshft3), W(EmcQuseBrlshft0), W(EmcQuseBrlshft1),
    W(EmcQuseBrlshft2), W(EmcQuseBrlshft3), W(EmcDllCfg0), W(EmcDllCfg1), W(EmcPmcScratch1),
    W(EmcPmcScratch2), W(EmcPmcScratch3), W(EmcPmacroPadCfgCtrl), W(EmcPmacroVttgenCtrl0),
    W(EmcPmacroVttgenCtrl1), W(EmcPmacroVttgenCtrl2), W(EmcPmacroBrickCtrlRfu1),
    W(EmcPmacroCmdBrickCtrlFdpd), W(EmcPmacroBrickCtrlRfu2), W(EmcPmacroDataBrickCtrlFdpd),
    W(EmcPmacroBgBiasCtrl0), W(EmcPmacroDataPadRxCtrl), W(EmcPmacroCmdPadRxCtrl),
    W(EmcPmacroDataRxTermMode), W(EmcPmacroCmdRxTermMode), W(EmcPmacroDataPadTxCtrl),
    W(EmcPmacroCommonPadTxCtrl), W(EmcPmacroCmdPadTxCtrl), W(EmcCfg3), W(EmcPmacroTxPwrd0),
    W(EmcPmacroTxPwrd1), W(EmcPmacroTxPwrd2), W(EmcPmacroTxPwrd3), W(EmcPmacroTxPwrd4),
    W(EmcPmacroTxPwrd5), W(EmcConfigSampleDelay), W(EmcPmacroBrickMapping0),
    W(EmcPmacroBrickMapping1), W(EmcPmacroBrickMapping2), W(EmcPmacroTxSelClkSrc0),
    W(EmcPmacroTxSelClkSrc1), W(EmcPmacroTxSelClkSrc2), W(EmcPmacroTxSelClkSrc3),
    W(EmcPmacroTxSelClkSrc4), W(EmcPmacroTxSelClkSrc5), W(EmcPmacroDdllBypass),
    W(EmcPmacroDdllPwrd0), W(EmcPmacroDdllPwrd1), W(EmcPmacroDdllPwrd2), W(EmcPmacroCmdCtrl0),
    W(EmcPmacroCmdCtrl1), W(EmcPmacroCmdCtrl2), W(McEmemAdrCfg), W(McEmemAdrCfgDev0),
    W(McEmemAdrCfgDev1), W(McEmemAdrCfgChannelMask), W(McEmemAdrCfgBankMask0),
    W(McEmemAdrCfgBankMask1), W(McEmemAdrCfgBankMask2), W(McEmemCfg), W(McEmemArbCfg),
    W(McEmemArbOutstandingReq), W(McEmemArbRefpbHpCtrl), W(McEmemArbRefpbBankCtrl),
    W(McEmemArbTimingRcd), W(McEmemArbTimingRp), W(McEmemArbTimingRc), W(McEmemArbTimingRas),
    W(McEmemArbTimingFaw), W(McEmemArbTimingRrd), W(McEmemArbTimingRap2Pre),
    W(McEmemArbTimingWap2Pre), W(McEmemArbTimingR2R), W(McEmemArbTimingW2W), W(McEmemArbTimingR2W),
    W(McEmemArbTimingW2R), W(McEmemArbTimingRFCPB), W(McEmemArbDaTurns), W(McEmemArbDaCovers),
    W(McEmemArbMisc0), W(McEmemArbMisc1), W(McEmemArbMisc2), W(McEmemArbRing1Throttle),
    W(McEmemArbOverride), W(McEmemArbOverride1), W(McEmemArbRsv), W(McDaCfg0),
    W(McEmemArbTimingCcdmw), W(McClkenOverride), W(McStatControl), W(McVideoProtectBom),
    W(McVideoProtectBomAdrHi), W(McVideoProtectSizeMb), W(McVideoProtectVprOverride),
    W(McVideoProtectVprOverride1), W(McVideoProtectGpuOverride0), W(McVideoProtectGpuOverride1),
    W(McSecCarveoutBom), W(McSecCarveoutAdrHi), W(McSecCarveoutSizeMb),
    W(McVideoProtectWriteAccess), W(McSecCarveoutProtectWriteAccess), W(McGeneralizedCarveout1Bom),
    W(McGeneralizedCarveout1BomHi), W(McGeneralizedCarveout1Size128kb),
    W(McGeneralizedCarveout1Access0), W(McGeneralizedCarveout1Access1),
    W(McGeneralizedCarveout1Access2), W(McGeneralizedCarveout1Access3),
    W(McGeneralizedCarveout1Access4), W(McGeneralizedCarveout1ForceInternalAccess0),
    W(McGeneralizedCarveout1ForceInternalAccess1), W(McGeneralizedCarveout1ForceInternalAccess2),
    W(McGeneralizedCarveout1ForceInternalAccess3), W(McGeneralizedCarveout1ForceInternalAccess4),
    W(McGeneralizedCarveout1Cfg0), W(McGeneralizedCarveout2Bom), W(McGeneralizedCarveout2BomHi),
    W(McGeneralizedCarveout2Size128kb), W(McGeneralizedCarveout2Access0),
    W(McGeneralizedCarveout2Access1), W(McGeneralizedCarveout2Access2),
    W(McGeneralizedCarveout2Access3), W(McGeneralizedCarveout2Access4),
    W(McGeneralizedCarveout2ForceInternalAccess0), W(McGeneralizedCarveout2ForceInternalAccess1),
    W(McGeneralizedCarveout2ForceInternalAccess2), W(McGeneralizedCarveout2ForceInternalAccess3),
    W(McGeneralizedCarveout2ForceInternalAccess4), W(McGeneralizedCarveout2Cfg0),
    W(McGeneralizedCarveout3Bom), W(McGeneralizedCarveout3BomHi),
    W(McGeneralizedCarveout3Size128kb), W(McGeneralizedCarveout3Access0),
    W(McGeneralizedCarveout3Access1), W(McGeneralizedCarveout3Access2),
    W(McGeneralizedCarveout3Access3), W(McGeneralizedCarveout3Access4),
    W(McGeneralizedCarveout3ForceInternalAccess0), W(McGeneralizedCarveout3ForceInternalAccess1),
    W(McGeneralizedCarveout3ForceInternalAccess2), W(McGeneralizedCarveout3ForceInternalAccess3),
    W(McGeneralizedCarveout3ForceInternalAccess4), W(McGeneralizedCarveout3Cfg0),
    W(McGeneralizedCarveout4Bom), W(McGeneralizedCarveout4BomHi),
    W(McGeneralizedCarveout4Size128kb), W(McGeneralizedCarveout4Access0),
    W(McGeneralizedCarveout4Access1), W(McGeneralizedCarveout4Access2),
    W(McGeneralizedCarveout4Access3), W(McGeneralizedCarveout4Access4),
    W(McGeneralizedCarveout4ForceInternalAccess0), W(McGeneralizedCarveout4ForceInternalAccess1),
    W(McGeneralizedCarveout4ForceInternalAccess2), W(McGeneralizedCarveout4ForceInternalAccess3),
    W(McGeneralizedCarveout4ForceInternalAccess4), W(McGeneralizedCarveout4Cfg0),
    W(McGeneralizedCarveout5Bom), W(McGeneralizedCarveout5BomHi),
    W(McGeneralizedCarveout5Size128kb), W(McGeneralizedCarveout5Access0),
    W(McGeneralizedCarveout5Access1), W(McGeneralizedCarveout5Access2),
    W(McGeneralizedCarveout5Access3), W(McGeneralizedCarveout5Access4),
    W(McGeneralizedCarveout5ForceInternalAccess0), W(McGeneralizedCarveout5ForceInternalAccess1),
    W(McGeneralizedCarveout5ForceInternalAccess2), W(McGeneralizedCarveout5ForceInternalAccess3),
    W(McGeneralizedCarveout5ForceInternalAccess4), W(McGeneralizedCarveout5Cfg0),
    W(EmcCaTrainingEnable), W(SwizzleRankByteEncode), W(BootRomPatchControl), W(BootRomPatchData),
    W(McMtsCarveoutBom), W(McMtsCarveoutAdrHi), W(McMtsCarveoutSizeMb), W(McMtsCarveoutRegCtrl),
};
#undef W
/* clang-format on */

enum {
    FIELDS = sizeof fields / sizeof fields[0],
    WORDS = sizeof sdram_words / sizeof sdram_words[0],
};
_Static_assert(WORDS * 4 == T210_SDRAM_LEN, "a set of SDRAM parameters is words alone");
const size_t rk_t210_field_count = FIELDS + WORDS;

struct t210_field rk_t210_field(size_t i)
{
    size_t word = i - FIELDS;

    if (i < FIELDS)
        return fields[i];
    return (struct t210_field) {
        .name = sdram_words[word],
        .at = T210_SDRAM + 4 * word,
        .width = 4,
        .kind = T210_NUMBER,
        .group = T210_SETS,
        .words = word == 0 ? memory_types : NULL,
    };
}

bool rk_t210_find(const char *key, struct t210_field *ret)
{
    for (size_t i = 0; i < rk_t210_field_count; i++) {
        struct t210_field field = rk_t210_field(i);

        if (strcmp(field.name, key) != 0)
            continue;
        *ret = field;
        return true;
    }
    return false;
}
