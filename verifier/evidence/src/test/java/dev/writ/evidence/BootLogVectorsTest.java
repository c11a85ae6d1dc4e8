// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Event logs of real machines, and of other projects' tests: each leads to its published values. */
class BootLogVectorsTest {
  private static final String TOOLS = "tpm2-tools/test/integration/fixtures/";
  private static final String MACHINES = "python3-uefi-eventlog/";
  private static final String TSS = "tpm2-tss/test/data/fapi/eventlog/";
  private static final String HIRS = "hirs/.ci/";
  private static final String GO = "go-attestation/attest/testdata/";

  private static final Pattern BANK = Pattern.compile("  (\\w+):");
  private static final Pattern PCR = Pattern.compile("    (\\d+) *: 0x([0-9a-f]+)");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "event-arch-linux.bin",
        "event-bootorder.bin",
        "event-gce-ubuntu-2104-log.bin",
        "event-moklisttrusted.bin",
        "event-postcode.bin",
        "event-sd-boot-fedora37.bin",
        "event-uefi-sha1-log.bin",
        "event-uefiaction.bin",
        "event-uefiservices.bin",
        "event-uefivar.bin"
      })
  void logOfTpm2Tools_replayed_leadsToItsPublishedValues(String name) throws Exception {
    assertPublished(
        BootLog.parse(Vectors.bytes(TOOLS + name)),
        yaml(Vectors.text(TOOLS + "event-raw/" + name + ".yaml")));
  }

  @Test
  void fragmentOfTpm2Tools_replayed_leadsToItsPublishedValues() throws Exception {
    assertPublished(
        BootLog.parse(Vectors.bytes(TOOLS + "event.bin")),
        yaml(Vectors.text(TOOLS + "event.bin.yaml")));
  }

  /** The binary's size leaves out the vendor information, the same log in base64 has it in. */
  @Test
  void specIdWithVendorInformation_eitherWay_isReadAndHasNoPcr() throws Exception {
    BootLog without = BootLog.parse(Vectors.bytes(TOOLS + "specid-vendordata.bin"));
    BootLog with = BootLog.parse(base64(TSS + "specid-vendordata.b64"));

    for (BootLog log : List.of(without, with)) {
      assertThat(log.isCryptoAgile()).isTrue();
      assertThat(log.events()).hasSize(1);
      assertThat(BootLogReplay.values(log, TpmAlg.SHA256)).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "inspur/inspur.bin",
        "intel_svr/intel_svr.bin",
        "puiterwijk/puiterwijk.bin",
        "rhcos/rhcos.bin",
        "rhel/bootlog-5.0.0-rhel-20210423T133156Z_8b0347a.bin",
        "sr645/rk049-s26.bin",
        "supermicro/201123-eventlog.bin",
        "swtpm/swtpm_measurements.bin",
        "ubuntu_qemu/css-flex14vm4-bootlog.bin"
      })
  void logOfAMachine_replayed_leadsToItsPublishedValues(String name) throws Exception {
    String path = "testing/good_logs/" + name;
    JsonNode machine =
        new ObjectMapper().readTree(Vectors.text(MACHINES + "expected_pcrs.json")).get(path);
    Map<TpmAlg, SortedMap<Integer, TpmDigest>> published = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> bank : machine.properties()) {
      TpmAlg hash = TpmAlg.ofHashText(bank.getKey()).orElseThrow();
      SortedMap<Integer, TpmDigest> values = new TreeMap<>();
      for (Map.Entry<String, JsonNode> pcr : bank.getValue().properties()) {
        values.put(
            Integer.valueOf(pcr.getKey()),
            new TpmDigest(hash, Octets.fromHex(pcr.getValue().asText())));
      }
      published.put(hash, values);
    }

    assertPublished(BootLog.parse(Vectors.bytes(MACHINES + path)), published);
  }

  /** Nothing is published of these, whose last event is the trust point of Windows. */
  @ParameterizedTest
  @ValueSource(strings = {"ideapad/ideapad1.bin", "thinkpad/p511.bin", "thyme/thyme-eventlog.bin"})
  void logOfAMachineWithWindows_isReadWhole(String name) throws Exception {
    BootLog log = BootLog.parse(Vectors.bytes(MACHINES + "testing/good_logs/" + name));

    BootEvent last = log.events().get(log.events().size() - 1);
    assertThat(last.pcr()).isEqualTo(BootEvent.NO_PCR);
    assertThat(last.isMeasured()).isFalse();
    assertThat(log.paddingBytes()).isZero();
  }

  @Test
  void case59_logWithHardwareRootOfTrust_leadsToItsValueFromLocality4() throws Exception {
    BootLog log = BootLog.parse(base64(TSS + "binary_measurements_hcrtm.b64"));

    assertThat(log.startupLocality()).isEqualTo(4);
    assertThat(BootLogReplay.values(log, TpmAlg.SHA1).get(0))
        .hasToString("sha1:15f4e6ca457d1af6bc49511a93ba3500ad69acc5");
    assertThat(log.banks())
        .as("also digests of an algorithm that is not known here")
        .contains(new BootLog.Bank(0x12, 32));
  }

  @ParameterizedTest
  @CsvSource({
    "event.b64,event.bin",
    "event-uefiaction.b64,event-uefiaction.bin",
    "event-uefiservices.b64,event-uefiservices.bin",
    "event-uefivar.b64,event-uefivar.bin",
    "binary_measurements_nuc.b64,event-uefi-sha1-log.bin"
  })
  void logOfTpm2Tss_isTheOneOfTpm2Tools(String tss, String tools) throws Exception {
    assertThat(BootLog.parse(base64(TSS + tss)))
        .isEqualTo(BootLog.parse(Vectors.bytes(TOOLS + tools)));
  }

  @Test
  void legacyLogOfWindows_replayed_leadsToItsValuesAndDecidesNothing() throws Exception {
    JsonNode json = new ObjectMapper().readTree(Vectors.bytes(GO + "windows_gcp_shielded_vm.json"));
    BootLog log = BootLog.parse(json.at("/Log/Raw").binaryValue());
    SortedMap<Integer, TpmDigest> replayed = BootLogReplay.values(log, TpmAlg.SHA1);
    int compared = 0;
    for (JsonNode pcr : json.at("/Log/PCRs")) {
      int index = pcr.get("Index").asInt();
      if (replayed.containsKey(index)) {
        assertThat(replayed.get(index).value())
            .as("PCR %d", index)
            .isEqualTo(Octets.of(pcr.get("Digest").binaryValue()));
        compared++;
      }
    }

    assertThat(compared).isEqualTo(replayed.size()).isPositive();
    assertThat(SoftwareBootLog.verify(log, all(TpmAlg.SHA1, replayed)))
        .isEqualTo(new BootLogOutcome.Sha1Only());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "coreos_36_shielded_vm_no_secure_boot_eventlog",
        "crypto_agile_eventlog",
        "ebs_event_missing_eventlog",
        "option_rom_eventlog",
        "sb_cert_eventlog",
        "short_no_action_eventlog",
        "ubuntu_2104_shielded_vm_no_secure_boot_eventlog"
      })
  void logOfGoAttestation_isReadWhole(String name) throws Exception {
    assertThat(BootLog.parse(Vectors.bytes(GO + name)).paddingBytes()).isZero();
  }

  /** Nothing is published of these. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        HIRS + "system-tests/profiles/laptop/default/laptop_default_binary_bios_measurements",
        HIRS + "system-tests/profiles/laptop/badOemInstall/rims/laptop_badOemInstall_oem.1.rimel",
        HIRS + "system-tests/profiles/laptop/badOemInstall/rims/laptop_badOemInstall_var.1.rimel",
        HIRS + "tcg-rim-tool/eventlogs/TpmLog.bin",
        "rust-keylime/keylime/test-data/uefi_log.bin"
      })
  void logOfOtherAttesters_isReadWhole(String path) throws Exception {
    assertThat(BootLog.parse(Vectors.bytes(path)).paddingBytes()).isZero();
  }

  @Test
  void logOfTpm2TssOfAnUbuntuMachine_isReadWhole() throws Exception {
    BootLog log = BootLog.parse(base64(TSS + "binary_measurements_pc_client.b64"));

    assertThat(log.paddingBytes()).isZero();
    assertThat(BootLogReplay.values(log, TpmAlg.SHA256)).hasSize(8);
  }

  /**
   * Real logs under all rules, on a machine that has what they measured: which hold, and of the
   * others which rule they break, and that they do.
   */
  @ParameterizedTest
  @CsvSource({
    TOOLS + "event-arch-linux.bin,not supported,2,''",
    TOOLS + "event-bootorder.bin,off,2,''",
    TOOLS + "event-gce-ubuntu-2104-log.bin,off,2,''",
    TOOLS + "event-moklisttrusted.bin,on,4,''",
    TOOLS + "event-postcode.bin,on,3,''",
    TOOLS + "event-sd-boot-fedora37.bin,not supported,0,''",
    MACHINES + "testing/good_logs/inspur/inspur.bin,off,2,''",
    MACHINES + "testing/good_logs/puiterwijk/puiterwijk.bin,off,2,''",
    MACHINES + "testing/good_logs/rhcos/rhcos.bin,on,3,''",
    MACHINES + "testing/good_logs/rhel/bootlog-5.0.0-rhel-20210423T133156Z_8b0347a.bin,on,3,''",
    MACHINES + "testing/good_logs/sr645/rk049-s26.bin,off,2,''",
    MACHINES + "testing/good_logs/supermicro/201123-eventlog.bin,on,3,''",
    MACHINES + "testing/good_logs/swtpm/swtpm_measurements.bin,off,2,''",
    MACHINES + "testing/good_logs/ubuntu_qemu/css-flex14vm4-bootlog.bin,on,3,''",
    MACHINES + "testing/good_logs/ideapad/ideapad1.bin,on,1,''",
    MACHINES + "testing/good_logs/thinkpad/p511.bin,on,1,''",
    GO + "coreos_36_shielded_vm_no_secure_boot_eventlog,off,2,''",
    GO + "crypto_agile_eventlog,not supported,2,''",
    GO + "ubuntu_2104_shielded_vm_no_secure_boot_eventlog,off,2,''",
    // Firmware of 2020 that measures ACPI data as an event type of its own.
    MACHINES + "testing/good_logs/intel_svr/intel_svr.bin,,,boot_event_type_unknown",
    // Cut off after shim.
    GO + "sb_cert_eventlog,,,boot_separator_missing"
  })
  void realLog_onItsMachine_holdsOrBreaksAKnownRule(
      String path, String secureBoot, Integer applications, String reason) throws Exception {
    BootLog log = BootLog.parse(Vectors.bytes(path));

    BootLogOutcome outcome =
        SoftwareBootLog.verify(log, all(TpmAlg.SHA256, BootLogReplay.values(log, TpmAlg.SHA256)));

    if (outcome instanceof BootLogOutcome.Refused refused) {
      assertThat(refused.reason()).as(refused.message()).isEqualTo(reason);
      return;
    }
    VerifiedBootLog verified = (VerifiedBootLog) outcome;
    assertThat(reason).isEmpty();
    assertThat(verified.secureBoot()).map(SecureBootState::text).contains(secureBoot);
    assertThat(verified.bootApplications()).hasSize(applications);
  }

  @Test
  void realLogs_saySecureBootKeysAndWhatBooted() throws Exception {
    BootLog log = BootLog.parse(Vectors.bytes(TOOLS + "event-moklisttrusted.bin"));

    VerifiedBootLog verified =
        (VerifiedBootLog)
            SoftwareBootLog.verify(
                log, all(TpmAlg.SHA256, BootLogReplay.values(log, TpmAlg.SHA256)));
    SecureBootState state = verified.secureBoot().orElseThrow();

    assertThat(state.dbx().size()).isEqualTo(1);
    assertThat(state.db().entries()).allMatch(SignatureDatabase.Entry::isCertificate);
    assertThat(state.authorities())
        .extracting(SecureBootState.Authority::variable)
        .containsExactly("db", "SbatLevel", "MokListTrusted", "Shim");
    assertThat(state.authorities().get(1).value()).contains("sbat,1,2021030218\n");
    assertThat(verified.bootApplications().get(0).path())
        .hasValueSatisfying(path -> assertThat(path).endsWith("shimx64.efi"));
    assertThat(verified.measurements())
        .filteredOn(measurement -> measurement.kind() == BootMeasurement.Kind.COMMAND_LINE)
        .singleElement()
        .satisfies(
            line -> {
              assertThat(line.name()).startsWith("(hd0,gpt2)/vmlinuz-5.14.0-130.el9.x86_64 root=");
              assertThat(line.nameBound()).isTrue();
            });
  }

  private static void assertPublished(
      BootLog log, Map<TpmAlg, SortedMap<Integer, TpmDigest>> published) {
    assertThat(published).isNotEmpty();
    published.forEach(
        (bank, values) ->
            assertThat(BootLogReplay.values(log, bank)).as("bank %s", bank).isEqualTo(values));
    for (BootLog.Bank bank : log.banks()) {
      Optional<TpmAlg> unpublished = bank.hash().filter(hash -> !published.containsKey(hash));
      // tpm2-tools' fragments announce more algorithms than their events have digests of.
      unpublished.ifPresent(
          hash ->
              assertThatThrownBy(() -> BootLogReplay.values(log, hash))
                  .isInstanceOf(IllegalArgumentException.class));
    }
  }

  private static PcrValues all(TpmAlg bank, SortedMap<Integer, TpmDigest> values) {
    int[] pcrs = values.keySet().stream().mapToInt(Integer::intValue).toArray();
    return new PcrValues(PcrSelection.of(bank, pcrs), new ArrayList<>(values.values()));
  }

  /** The values at the end of tpm2_eventlog's output. */
  private static Map<TpmAlg, SortedMap<Integer, TpmDigest>> yaml(String text) {
    Map<TpmAlg, SortedMap<Integer, TpmDigest>> banks = new LinkedHashMap<>();
    SortedMap<Integer, TpmDigest> values = new TreeMap<>();
    TpmAlg hash = TpmAlg.SHA1;
    for (String line : text.substring(text.indexOf("\npcrs:")).lines().toList()) {
      Matcher bank = BANK.matcher(line);
      Matcher pcr = PCR.matcher(line);
      if (bank.matches()) {
        hash = TpmAlg.ofHashText(bank.group(1)).orElseThrow();
        values = new TreeMap<>();
        banks.put(hash, values);
      } else if (pcr.matches()) {
        values.put(
            Integer.valueOf(pcr.group(1)), new TpmDigest(hash, Octets.fromHex(pcr.group(2))));
      }
    }
    return banks;
  }

  private static byte[] base64(String path) throws IOException {
    return Base64.getMimeDecoder().decode(Vectors.bytes(path));
  }
}
