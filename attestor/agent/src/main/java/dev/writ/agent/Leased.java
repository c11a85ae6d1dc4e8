// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.tpm.TpmException;
import java.io.IOException;

/**
 * Something that runs under a lease, as whoever started it has {@link Leases} renew and end it. Its methods
 * are called by threads of those, each by one at a time. But for {@link #renew} they must not block.
 */
public interface Leased {
  /** What came of asking for a renewal. */
  sealed interface Renewed {
    /**
     * It goes on.
     *
     * @param artifact under which
     * @param end when that ends, by the {@link BootClock}
     */
    record Until(Artifact artifact, long end) implements Renewed {}

    /**
     * It must end now.
     *
     * @param reason what must hold, and what was
     */
    record Denied(DenialCode code, String reason) implements Renewed {}

    /**
     * Nobody can say now; it is asked again until the lease ends.
     *
     * @param reason what was in the way
     */
    record Unavailable(String reason) implements Renewed {}
  }

  /**
   * Has this host attested anew, and asks for an artifact by which it goes on. What comes is verified before
   * it is told.
   *
   * @param held the artifact that is held now
   */
  Renewed renew(Attester attester, Artifact held)
      throws TpmException, IOException, AttestationFailedException;

  /**
   * It goes on until then, unless this is called again.
   *
   * @param ask when it is to be asked to end, by the {@link BootClock}
   * @param end when it must have ended, likewise
   */
  void holds(long ask, long end);

  /**
   * It is to end now, and must have ended by then. Called once.
   *
   * @param end by the {@link BootClock}
   */
  void stop(DenialCode code, String reason, long end);

  /**
   * It has to be killed, if it did not end. Called after {@link #stop}, and a moment later again where it
   * throws.
   */
  void kill();
}
