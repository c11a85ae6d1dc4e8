// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.policy.BootReference;
import dev.writ.policy.ReferenceSet;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** What every host measures as it boots: one event in each of three PCRs. */
public final class MeasuredBoot {
  private static final Map<Integer, String> EVENTS =
      Map.of(0, "firmware", 7, "secure boot", 8, "kernel");

  /** The PCRs that a GRUB boot's log speaks of. */
  private static final Set<Integer> LOGGED = Set.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 12);

  private MeasuredBoot() {}

  private static Hash digest(String event) {
    return Hash.sha256(event.getBytes(StandardCharsets.UTF_8));
  }

  /** What each PCR is extended with, once. */
  public static Map<Integer, Hash> digests() {
    Map<Integer, Hash> digests = new TreeMap<>();
    EVENTS.forEach((pcr, event) -> digests.put(pcr, digest(event)));
    return digests;
  }

  /** The values that the PCRs have then, of every host. */
  static ReferenceSet expected() {
    Map<Integer, List<String>> pcrs = new LinkedHashMap<>();
    digests()
        .forEach(
            (pcr, digest) ->
                pcrs.put(pcr, List.of(Hash.sha256(new byte[Hash.BYTES], digest.bytes()).hex())));
    return new ReferenceSet(
        "measured-boot", "", Set.of(ReferenceSet.ANY_HOST), Map.of(ReferenceSet.Bank.SHA256, pcrs));
  }

  /**
   * What is asked of hosts whose boot log is sent: that it explains their PCRs, and has Secure Boot on.
   *
   * @param hosts their names, or {@link ReferenceSet#ANY_HOST}
   */
  static ReferenceSet withSecureBoot(Set<String> hosts) {
    BootReference boot =
        new BootReference(
            LOGGED,
            true,
            Set.of(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            BootReference.Effect.REFUSE);
    return new ReferenceSet(
        "secure-boot", "", hosts, Map.of(), Optional.of(boot), Optional.empty());
  }
}
