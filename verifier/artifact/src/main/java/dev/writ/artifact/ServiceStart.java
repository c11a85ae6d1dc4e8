// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The token's keys were opened by a service on a host in this state: a leaf of the kind key, beside the
 * {@link LeafBody.KeyStatement} with which a key begins. The evidence itself lies beside the ledger.
 *
 * @param binding what the quote is bound to
 * @param host the state that was quoted, under the attestation key that signed it
 * @param evidenceDigest SHA-256 of the Evidence: quote, signature and PCR values
 * @param previousAk the attestation key of the start before, where that was another: the host's TPM was
 *     replaced or cleared, or the service moved
 */
public record ServiceStart(
    StartBinding binding, HostState host, Hash evidenceDigest, Optional<AkName> previousAk)
    implements LeafBody {
  private static final String STARTED = "started";
  private static final String AK_NAME = "ak_name";
  private static final String PREVIOUS = "previous_ak_name";

  /**
   * The start as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds, or the key before is the same
   */
  public ServiceStart {
    var unused = Require.distinct("pcrs", host.pcrs(), 1, PcrBankSelection.MAX_BANKS);
    Require.between("reset_count", host.resetCount(), 0, Environment.MAX_UINT32);
    Require.between("restart_count", host.restartCount(), 0, Environment.MAX_UINT32);
    if (previousAk.equals(Optional.of(host.akName()))) {
      throw new InvalidValueException(PREVIOUS, "another than " + AK_NAME, "the same");
    }
  }

  @Override
  public LeafKind kind() {
    return LeafKind.KEY;
  }

  @Override
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>(binding.toMap());
    map.put("step", STARTED);
    map.put(AK_NAME, host.akName().base64Url());
    map.put("pcrs", host.pcrs().stream().map(PcrBankSelection::toMap).toList());
    map.put("pcr_digest", host.pcrDigest());
    map.put("reset_count", host.resetCount());
    map.put("restart_count", host.restartCount());
    map.put("evidence_digest", evidenceDigest);
    previousAk.ifPresent(name -> map.put(PREVIOUS, name.base64Url()));
    return map;
  }

  static ServiceStart take(JsonMembers json) throws MalformedJsonException {
    json.constant("step", STARTED);
    StartBinding binding = StartBinding.take(json);
    List<PcrBankSelection> pcrs = new ArrayList<>();
    for (JsonMembers bank : json.objects("pcrs", PcrBankSelection.MAX_BANKS)) {
      pcrs.add(PcrBankSelection.take(bank));
    }
    Optional<String> previous = json.optionalText(PREVIOUS);
    return new ServiceStart(
        binding,
        new HostState(
            new AkName(json.text(AK_NAME)),
            pcrs,
            json.hash("pcr_digest"),
            json.integer("reset_count", 0, Environment.MAX_UINT32),
            json.integer("restart_count", 0, Environment.MAX_UINT32)),
        json.hash("evidence_digest"),
        previous.map(AkName::new));
  }
}
