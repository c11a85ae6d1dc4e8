// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RevocationVerdict;
import dev.writ.artifact.Seen;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.UuidV7;
import dev.writ.gateway.FollowerListener;
import dev.writ.gateway.GatewayTrust;
import dev.writ.gateway.RevocationFollower;
import java.net.URI;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A gateway that is connected, and when it came to deny what. */
final class FollowingGateway implements FollowerListener, AutoCloseable {
  private final Seen seen = new SeenInMemory();
  private final Map<UuidV7, Long> denied = new ConcurrentHashMap<>();
  private final AtomicInteger connections = new AtomicInteger();
  private final RevocationFollower follower;

  FollowingGateway(URI service, GatewayTrust trust) {
    this.follower =
        new RevocationFollower(
            List.of(service), Optional.empty(), trust, seen, InstantSource.system(), this);
    follower.start();
  }

  @Override
  public void connected(URI service) {
    connections.incrementAndGet();
  }

  @Override
  public void withdrawn(RevocationVerdict.Believed revocation) {
    if (revocation.leaf().body() instanceof LeafBody.Revocation one) {
      denied.putIfAbsent(one.jti(), System.nanoTime());
    }
  }

  /** Its memory, by which it judges. */
  Seen seen() {
    return seen;
  }

  int connections() {
    return connections.get();
  }

  boolean deniesAll(List<UuidV7> withdrawn) {
    return denied.keySet().containsAll(withdrawn);
  }

  /** When it came to deny an artifact that it denies, on {@link System#nanoTime}'s scale. */
  long deniedAt(UuidV7 jti) {
    return Objects.requireNonNull(denied.get(jti));
  }

  @Override
  public void close() {
    follower.close();
  }
}
