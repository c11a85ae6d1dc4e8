// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The machine, its state and its boot to which a permission is bound.
 *
 * @param akName name of the enrolled attestation key: which TPM
 * @param pcrs what the quote selected, bank by bank in the quote's order
 * @param digest the quote's {@code pcrDigest} over those PCRs
 * @param resetCount TPM Resets so far: another number is another boot
 * @param restartCount TPM Restarts and Resumes since the last Reset
 * @param keyStorage where the instance key lives
 */
public record Environment(
    AkName akName,
    List<PcrBankSelection> pcrs,
    Hash digest,
    long resetCount,
    long restartCount,
    KeyStorage keyStorage) {
  /** Where the instance key lives. */
  public enum KeyStorage implements Wire {
    /** In the TPM, certified by the attestation key, and it cannot leave. */
    TPM("tpm"),
    /** In the memory of a process. */
    MEMORY("memory");

    private final String wire;

    KeyStorage(String wire) {
      this.wire = wire;
    }

    @Override
    public String wire() {
      return wire;
    }
  }

  static final long MAX_UINT32 = 0xffff_ffffL;

  /**
   * The environment as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds, or a bank is given twice
   */
  public Environment {
    pcrs = Require.distinct("env.pcrs", pcrs, 1, PcrBankSelection.MAX_BANKS);
    if (pcrs.stream().map(PcrBankSelection::bank).distinct().count() != pcrs.size()) {
      throw new InvalidValueException("env.pcrs", "one element per bank", "one bank twice");
    }
    Require.between("env.reset_count", resetCount, 0, MAX_UINT32);
    Require.between("env.restart_count", restartCount, 0, MAX_UINT32);
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("ak_name", akName.base64Url());
    map.put("pcrs", pcrs.stream().map(PcrBankSelection::toMap).toList());
    map.put("digest", digest);
    map.put("reset_count", resetCount);
    map.put("restart_count", restartCount);
    map.put("key_storage", keyStorage.wire());
    return map;
  }

  static Environment take(JsonMembers json) throws MalformedJsonException {
    AkName akName = new AkName(json.text("ak_name"));
    List<PcrBankSelection> pcrs = new ArrayList<>();
    for (JsonMembers bank : json.objects("pcrs", PcrBankSelection.MAX_BANKS)) {
      pcrs.add(PcrBankSelection.take(bank));
    }
    Environment environment =
        new Environment(
            akName,
            pcrs,
            json.hash("digest"),
            json.integer("reset_count", 0, MAX_UINT32),
            json.integer("restart_count", 0, MAX_UINT32),
            json.oneOf("key_storage", KeyStorage.values()));
    json.end();
    return environment;
  }
}
