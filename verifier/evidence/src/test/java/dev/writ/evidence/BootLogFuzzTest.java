// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;

/**
 * The boot log's parsers under arbitrary bytes: nothing but {@link MalformedEvidenceException} comes
 * out, and a log that is read is judged to the end on a machine that has what it says. {@code
 * JAZZER_FUZZ=1} searches; without it the inputs found so far run.
 */
class BootLogFuzzTest {
  @FuzzTest(maxDuration = "5m")
  void bootLog(byte[] bytes) {
    BootLog log;
    try {
      log = BootLog.parse(bytes);
    } catch (MalformedEvidenceException e) {
      assertThat(e.offset()).isBetween(0, bytes.length);
      assertThat(e.field()).isNotBlank();
      assertThat(e.expected()).isNotBlank();
      return;
    }
    assertThat(log.bytes()).isEqualTo(bytes);
    BootEvent last = log.events().get(log.events().size() - 1);
    assertThat(last.offset() + last.data().length()).isLessThan(bytes.length);
    if (!log.hasBank(TpmAlg.SHA256) || !log.isCryptoAgile()) {
      return;
    }
    SortedMap<Integer, TpmDigest> values;
    try {
      values = BootLogReplay.values(log, TpmAlg.SHA256);
    } catch (IllegalArgumentException e) {
      return; // an event without a digest of the bank
    }
    if (values.isEmpty()) {
      return;
    }
    int[] pcrs = values.keySet().stream().mapToInt(Integer::intValue).toArray();
    BootLogOutcome outcome =
        BootLogVerifier.verify(
            log,
            SoftwareBootLog.quote(
                new PcrValues(
                    PcrSelection.of(TpmAlg.SHA256, pcrs), new ArrayList<>(values.values()))));
    List<Appraisal.Rule> rules = BootRules.EXPLAINED.withSecureBoot().appraise(outcome);
    assertThat(rules).isNotEmpty();
    if (outcome instanceof VerifiedBootLog verified) {
      assertThat(verified.results()).allMatch(PcrReplay::matches);
      assertThat(BootLogDiff.between(verified, verified)).isEmpty();
    } else {
      assertThat(((BootLogOutcome.Refused) outcome).message()).isNotBlank();
    }
  }

  @FuzzTest(maxDuration = "5m")
  void signatureDatabase(byte[] bytes) {
    try {
      SignatureDatabase database = SignatureDatabase.read(bytes, 0, bytes.length);
      assertThat(database.entries()).hasSize(database.size());
      assertThat(database.ids()).hasSize(database.size());
    } catch (MalformedEvidenceException e) {
      assertThat(e.offset()).isBetween(0, bytes.length);
    }
  }

  /**
   * The data of an authority and of a boot application, in a log that is otherwise valid. Four bytes may
   * be a separator's: its digest decides, whatever the type, so that the log may be refused.
   */
  @FuzzTest(maxDuration = "5m")
  void eventData(byte[] bytes) {
    SoftwareBootLog log = SoftwareBootLog.grub();
    int last = log.events.size() - 2;
    log.insert(last, log.record(4, BootEventType.EV_EFI_BOOT_SERVICES_APPLICATION, bytes, bytes));
    log.insert(last, log.record(9, BootEventType.EV_EVENT_TAG, bytes, bytes));
    log.insert(last, log.record(8, BootEventType.EV_IPL, bytes, bytes));
    if (bytes.length != 4) {
      assertThat(log.verify()).isInstanceOf(VerifiedBootLog.class);
    }
    log.insert(last, log.record(7, BootEventType.EV_EFI_VARIABLE_AUTHORITY, bytes, bytes));
    assertThat(log.verify()).isNotNull();
  }
}
