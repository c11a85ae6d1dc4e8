// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.KeyRole;
import dev.writ.artifact.TrustedKey;
import dev.writ.hsm.Token;
import dev.writ.hsm.TokenStatus;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** What is measured of the token, and of the keys in it. */
final class KeyMetrics {
  private final PrometheusRegistry registry;

  KeyMetrics(PrometheusRegistry registry) {
    this.registry = registry;
  }

  /** Exposes whether the token signs, and its replica where it has one. */
  void expose(Token token) {
    GaugeWithCallback.builder()
        .name("writ_token_connected")
        .help("Whether the token itself signs: 1, or 0 while it is away.")
        .callback(call -> call.call(isConnected(Optional.of(token.status())) ? 1 : 0))
        .register(registry);
    CounterWithCallback.builder()
        .name("writ_token_reconnections")
        .help("Times that the token was away and came back.")
        .callback(call -> call.call(token.status().connection() - 1.0))
        .register(registry);
    if (token.replicaStatus().isEmpty()) {
      return;
    }
    GaugeWithCallback.builder()
        .name("writ_replica_connected")
        .help("Whether the token's replica could sign: 1, or 0 while it is away.")
        .callback(call -> call.call(isConnected(token.replicaStatus()) ? 1 : 0))
        .register(registry);
    GaugeWithCallback.builder()
        .name("writ_replica_lacking_keys")
        .help("Keys in use that the replica has not: they sign while the token itself does.")
        .callback(call -> call.call(token.unreplicated().size()))
        .register(registry);
    GaugeWithCallback.builder()
        .name("writ_signing_token")
        .help("Which token signs: 1 for it, 0 for the other, 0 for both while neither does.")
        .labelNames("token")
        .callback(
            call -> {
              boolean own = isConnected(Optional.of(token.status()));
              call.call(own ? 1 : 0, "primary");
              call.call(!own && isConnected(token.replicaStatus()) ? 1 : 0, "replica");
            })
        .register(registry);
  }

  private static boolean isConnected(Optional<TokenStatus> status) {
    return status.isPresent() && status.get() instanceof TokenStatus.Connected;
  }

  /** Exposes what the keys signed: as the service counts it, and as the token does. */
  void expose(SignatureCounts counts) {
    signatures(
        "writ_hsm_signatures",
        "Signatures that the service has of its keys, by the key's role and what was signed.",
        "kind",
        counts,
        account -> wires(account.service(), SignatureCounts.Kind::wire));
    signatures(
        "writ_token_signatures",
        "Signatures that the token made for this process, by the key's role and purpose.",
        "purpose",
        counts,
        account -> wires(account.token(), purpose -> purpose.name().toLowerCase(Locale.ROOT)));
  }

  private void signatures(
      String name,
      String help,
      String label,
      SignatureCounts counts,
      Function<SignatureCounts.Account, Map<String, Long>> by) {
    CounterWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames("role", label)
        .callback(
            call -> {
              Map<List<String>, Long> sums = new LinkedHashMap<>();
              for (SignatureCounts.Account account : counts.accounts()) {
                String role = account.key().role().wire();
                by.apply(account)
                    .forEach((what, count) -> sums.merge(List.of(role, what), count, Long::sum));
              }
              sums.forEach((labels, sum) -> call.call(sum, labels.toArray(String[]::new)));
            })
        .register(registry);
  }

  private static <E> Map<String, Long> wires(Map<E, Long> counts, Function<E, String> wire) {
    Map<String, Long> wires = new LinkedHashMap<>();
    counts.forEach((what, count) -> wires.put(wire.apply(what), count));
    return wires;
  }

  /** Exposes until when the keys that sign may: by the trust file, where it says so of them. */
  void expose(KeysInUse keys, TrustFiles trust, InstantSource clock) {
    GaugeWithCallback.builder()
        .name("writ_key_left")
        .unit(Unit.SECONDS)
        .help("Until the key ends that signs in this role; negative afterwards.")
        .labelNames("role")
        .callback(
            call -> {
              for (KeyRole role : KeyRole.values()) {
                KeysInUse.InUse inUse = keys.of(role);
                Instant end =
                    trust
                        .newest()
                        .content()
                        .trustedKey(inUse.kid())
                        .map(TrustedKey::exp)
                        .orElseGet(() -> KeyWindow.of(role, inUse.key()).notAfter());
                call.call(Duration.between(clock.instant(), end).toMillis() / 1000.0, role.wire());
              }
            })
        .register(registry);
  }
}
