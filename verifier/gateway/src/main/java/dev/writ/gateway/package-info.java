// SPDX-License-Identifier: Apache-2.0
/**
 * The network surfaces that a Relying Party adopts. A {@link dev.writ.gateway.RevocationFollower} keeps a
 * gateway's {@link dev.writ.artifact.Seen} up to date with what a service withdraws; the gateway goes on to
 * judge offline, by that memory. A {@link dev.writ.gateway.Redeemer} judges what only the service may count:
 * offline too, but for the use itself.
 *
 * <p>Nothing that comes over a connection is believed for having come: each revocation proves itself by
 * its leaf and proof, each status token by its signature, as {@link dev.writ.artifact.BundleVerifier} has
 * it. Whoever controls the connection can withhold, and what is withheld makes tokens too old, by which
 * nothing is allowed. What is read is bounded before it is kept.
 */
@NullMarked
@CheckReturnValue
package dev.writ.gateway;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
