// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.TrustFile;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.Witnesses;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Where witnesses are, as far as their trust file does not say it. Which there are is for the trust file
 * alone.
 *
 * @param elsewhere URLs by the names of witnesses, in the place of the trust file's
 * @param patience how long one head waits for its cosignatures
 */
public record WitnessPlaces(Map<String, URI> elsewhere, Duration patience) {
  /** Copies the map. */
  public WitnessPlaces {
    elsewhere = Map.copyOf(elsewhere);
  }

  /** All where their trust file says. */
  public static WitnessPlaces asTrusted() {
    return new WitnessPlaces(Map.of(), Witnesses.PATIENCE);
  }

  /**
   * Those of a trust file that a start finds.
   *
   * @throws LedgerException if a place is of no witness of it, or those whose place is known are no quorum
   */
  Witnesses at(TrustFile trust) throws LedgerException {
    return witnesses(trust, elsewhere);
  }

  /**
   * Those of a trust file that came since: a place may be of a witness that was.
   *
   * @throws LedgerException if those whose place is known are no quorum
   */
  Witnesses after(TrustFile trust) throws LedgerException {
    Map<String, URI> named =
        trust.logPolicy().witnesses().stream()
            .filter(witness -> elsewhere.containsKey(witness.name()))
            .collect(
                Collectors.toMap(
                    witness -> witness.name(), witness -> elsewhere.get(witness.name())));
    return witnesses(trust, named);
  }

  private Witnesses witnesses(TrustFile trust, Map<String, URI> places) throws LedgerException {
    try {
      return Witnesses.of(trust.logPolicy(), places).within(patience);
    } catch (IllegalArgumentException e) {
      throw new LedgerException("witnesses", String.valueOf(e.getMessage()), e);
    }
  }
}
