// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The environment the request comes from, as the verified quote states it.
 *
 * @param keyStorage where the instance key lives
 * @param resetCount TPM resets (boots) so far
 * @param restartCount TPM restarts and resumes since the last reset
 * @param clockSafe whether the TPM's clock is known not to have gone back
 * @param pcrs the PCRs that the quote covers: indexes by bank
 * @param pcrDigest the quote's digest over them, lower-case hex
 */
public record Env(
    KeyStorage keyStorage,
    long resetCount,
    long restartCount,
    boolean clockSafe,
    Map<String, List<Long>> pcrs,
    String pcrDigest) {
  private static final InputType<Map<String, List<Long>>> PCRS =
      InputType.mapOf(InputType.listOf(InputType.INTEGER));

  static final Struct<Env> STRUCT =
      Struct.<Env>named("Env")
          .field("clock_safe", InputType.BOOLEAN, Env::clockSafe)
          .field("key_storage", InputType.ofEnum(KeyStorage.class), Env::keyStorage)
          .field("pcr_digest", InputType.TEXT, Env::pcrDigest)
          .field("pcrs", PCRS, Env::pcrs)
          .field("reset_count", InputType.INTEGER, Env::resetCount)
          .field("restart_count", InputType.INTEGER, Env::restartCount)
          .build(
              read ->
                  new Env(
                      read.get("key_storage", InputType.ofEnum(KeyStorage.class)),
                      read.get("reset_count", InputType.INTEGER),
                      read.get("restart_count", InputType.INTEGER),
                      read.get("clock_safe", InputType.BOOLEAN),
                      read.get("pcrs", PCRS),
                      read.get("pcr_digest", InputType.TEXT)));

  /** Copies the selection. */
  public Env {
    pcrs =
        pcrs.entrySet().stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    Map.Entry::getKey, bank -> List.copyOf(bank.getValue())));
  }

  /** Where a private key lives. */
  public enum KeyStorage {
    /** In the host's TPM. */
    TPM,
    /** In the host's memory. */
    MEMORY
  }
}
