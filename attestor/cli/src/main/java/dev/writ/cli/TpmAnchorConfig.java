// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.ledger.CounterAnchor;
import dev.writ.tpm.Tpm;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The section {@code ledger.tpm_anchor}: a counter in a TPM that contradicts a ledger which was put back.
 *
 * @param tpm the TCTI of the TPM
 * @param index of the counter in its NV
 * @param every how often it is raised at most
 */
record TpmAnchorConfig(String tpm, int index, Duration every) {
  /** The keys of the section, each with a single value. */
  static final List<String> KEYS = List.of("tpm", "index", "every_s");

  /** Beside the sealed PIN's. */
  static final int STANDARD_INDEX = 0x01805753;

  static final String STANDARD_TPM = "device:/dev/tpmrm0";

  /** A write each minute wears an NV index out within weeks. */
  private static final int LEAST_SECONDS = 60;

  private static final int MOST_SECONDS = 86_400;

  /** 8,760 writes a year, of the hundred thousand and more that makers promise. */
  private static final int STANDARD_SECONDS = 3_600;

  private static final Pattern INDEX = Pattern.compile("0x[0-9a-f]{8}");

  /** What the section says; empty without it. */
  static Optional<TpmAnchorConfig> of(ConfigSection ledger, TokenConfig token)
      throws MalformedConfigurationException {
    Optional<ConfigSection> section = ledger.optionalSection("tpm_anchor");
    if (section.isEmpty()) {
      return Optional.empty();
    }
    ConfigSection anchor = section.get();
    Optional<String> tpm = anchor.optionalText("tpm");
    return Optional.of(
        new TpmAnchorConfig(
            tpm.or(token::tpm).orElse(STANDARD_TPM),
            anchor
                .optional(
                    "index",
                    String.format(
                        "an NV index of the owner's, 0x%08x to 0x%08x, other than 0x%08x",
                        Tpm.FIRST_OWNERS_INDEX, Tpm.LAST_OWNERS_INDEX, Tpm.UNSEAL_COUNTER_INDEX),
                    TpmAnchorConfig::index)
                .orElse(STANDARD_INDEX),
            Duration.ofSeconds(
                anchor.number("every_s", LEAST_SECONDS, MOST_SECONDS, STANDARD_SECONDS))));
  }

  private static Optional<Integer> index(String text) {
    return Optional.of(text)
        .filter(digits -> INDEX.matcher(digits).matches())
        .map(digits -> Integer.parseUnsignedInt(digits.substring(2), 16))
        .filter(Tpm::isFreeOwnersIndex);
  }

  TpmRollbackCounter counter() {
    return new TpmRollbackCounter(tpm, index);
  }

  CounterAnchor anchor() {
    return new CounterAnchor(counter(), every);
  }
}
