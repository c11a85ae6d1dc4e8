// SPDX-License-Identifier: Apache-2.0
package dev.writ.gateway;

import dev.writ.artifact.RevocationVerdict;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.TrustFile;
import java.net.URI;

/** Hears of what a {@link RevocationFollower} does, on its thread. */
public interface FollowerListener {
  /** Listens to nothing. */
  FollowerListener NONE = new FollowerListener() {};

  /** A service pushes from now on. */
  default void connected(URI service) {}

  /**
   * Nothing is left out any more: what tokens of this service do not know came as events, or will come.
   */
  default void caughtUp(URI service) {}

  /** The gateway goes by another trust file. */
  default void follows(TrustFile next) {}

  /** A revocation is believed, and whatever it withdraws is denied from now on. */
  default void withdrawn(RevocationVerdict.Believed revocation) {}

  /** A status token is the newest of its list. */
  default void learnt(StatusToken token) {}

  /** Something was dropped. */
  default void dropped(Dropped why, String reason) {}

  /** A service pushes no more, or never did: it is tried again, and pulled from meanwhile. */
  default void disconnected(URI service, String reason) {}
}
