// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The environment the request comes from, as the verified quote states it, and the way it came.
 *
 * @param keyStorage where the instance key lives
 * @param resetCount TPM resets (boots) so far
 * @param restartCount TPM restarts and resumes since the last reset
 * @param clockSafe whether the TPM's clock is known not to have gone back
 * @param pcrs the PCRs that the quote covers: indexes by bank
 * @param pcrDigest the quote's digest over them, lower-case hex
 * @param channel whether the connection was of whoever holds the instance key; absent where nobody
 *     could see that
 */
public record Env(
    KeyStorage keyStorage,
    long resetCount,
    long restartCount,
    boolean clockSafe,
    Map<String, List<Long>> pcrs,
    String pcrDigest,
    Optional<Channel> channel) {
  private static final InputType<Map<String, List<Long>>> PCRS =
      InputType.mapOf(InputType.listOf(InputType.INTEGER));

  static final Struct<Env> STRUCT =
      Struct.<Env>named("Env")
          .optional("channel", InputType.ofEnum(Channel.class), Env::channel)
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
                      read.get("pcr_digest", InputType.TEXT),
                      read.optional("channel", InputType.ofEnum(Channel.class))));

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

  /** Whether a request came from whoever holds the instance key, as its connection shows. */
  public enum Channel {
    /** Over TLS whose client proved to hold the instance key. */
    BOUND,
    /** Over a connection that shows nothing of its client. */
    UNBOUND
  }
}
