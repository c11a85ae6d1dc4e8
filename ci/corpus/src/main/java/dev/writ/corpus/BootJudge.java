// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.evidence.Appraisal;
import dev.writ.evidence.BootRules;
import dev.writ.evidence.Octets;
import dev.writ.evidence.ReferenceValues;
import dev.writ.fixtures.SoftwareBoot;
import java.util.List;
import java.util.Set;

/**
 * Has boot logs judged beside the quote of a machine. Where the log alone was changed, the machine is the
 * one that measured what it was before; where the machine was changed, the log is its own.
 */
final class BootJudge {
  /** The PCRs that are quoted, and must be explained, by default. */
  static final Set<Integer> QUOTED = Set.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14);

  /** Every PCR explained, Secure Boot on, and what dbx revokes still revoked. */
  static final BootRules RULES =
      BootRules.explaining(QUOTED)
          .withSecureBoot()
          .withDbx(Set.of(Octets.of(SoftwareBoot.revoked(1)), Octets.of(SoftwareBoot.revoked(2))));

  private final LogJudge judge = new LogJudge();

  /** A boot of a machine in these banks, SHA-256 where none is named. */
  static SoftwareBoot grub(int... banks) {
    SoftwareBoot boot = new SoftwareBoot(banks.length == 0 ? new int[] {CorpusKey.SHA256} : banks);
    boot.bootGrub();
    return boot;
  }

  /** What a machine's PCRs are after a boot. */
  static Pcrs pcrs(SoftwareBoot machine, int... banks) {
    Pcrs pcrs = new Pcrs(List.of());
    int[] indices = QUOTED.stream().mapToInt(Integer::intValue).sorted().toArray();
    for (int bank : banks.length == 0 ? new int[] {CorpusKey.SHA256} : banks) {
      pcrs = pcrs.and(bank, machine::value, indices);
    }
    return pcrs;
  }

  private static ReferenceValues references(BootRules rules) {
    return ReferenceValues.builder().boot(rules).build();
  }

  /** A log on the machine that wrote it. */
  Observed own(SoftwareBoot machine) {
    return on(machine, machine);
  }

  /** A log on a machine that measured something else. */
  Observed on(SoftwareBoot machine, SoftwareBoot log) {
    return on(machine, log.bytes());
  }

  Observed on(SoftwareBoot machine, byte[] log) {
    return judged(log, pcrs(machine), RULES);
  }

  /** No log at all. */
  Observed without(SoftwareBoot machine) {
    return judge.judged(pcrs(machine), references(RULES));
  }

  Observed judged(byte[] log, Pcrs quoted, BootRules rules) {
    return judge.judged(EvidencePackage.BOOT_LOG, log, quoted, references(rules));
  }

  /** A log's section as it is, whatever it says of itself. */
  Observed coded(SoftwareBoot machine, byte[] section) {
    return judge.judgedCoded(EvidencePackage.BOOT_LOG, section, pcrs(machine), references(RULES));
  }

  /** Every rule that ran on a log. */
  Appraisal appraised(SoftwareBoot machine, SoftwareBoot log) throws Exception {
    return judge.appraised(log.bytes(), pcrs(machine), references(RULES));
  }
}
