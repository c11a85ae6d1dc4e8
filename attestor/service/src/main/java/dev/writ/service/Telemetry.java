// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.BootEnd;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.RevocationReason;
import dev.writ.policy.Governance;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** What the service measures of itself. No label holds a name or an identity of anybody. */
public final class Telemetry {
  /** A stage of a decision, as design and metrics call it. */
  enum Stage {
    /** A challenge was made. */
    CHALLENGE,
    /** Evidence was verified and appraised. */
    VERIFY,
    /** The policy decided. */
    DECIDE,
    /** The artifact was made and signed, the wait for the token included. */
    SIGN,
    /** The entry became durable, under a signed checkpoint. */
    COMMIT,
    /** All of it, from question to answer. */
    ANSWER
  }

  /** Why payloads were erased. */
  enum Erasure {
    /** An operator asked for it. */
    OPERATOR,
    /** They were past their period. */
    PERIOD
  }

  static final double[] SECONDS = {
    .00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5
  };
  private static final double[] AGES = {.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 30, 45, 60};

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final List<WorkPool> pools = new CopyOnWriteArrayList<>();
  private final Counter decisions;
  private final Counter voidings;
  private final Map<Stage, DistributionDataPoint> stages = new EnumMap<>(Stage.class);
  private final Histogram hsmSign;
  private final Histogram ledgerAppend;
  private final Histogram attestationAge;
  private final Histogram revocationLag;
  private final Counter issuerSignatures;
  private final Counter payloadsErased;
  private final Counter breakglassAllows;
  private final Counter evaluations;
  private final Counter redemptions;

  Telemetry() {
    JvmMetrics.builder().register(registry);
    decisions =
        Counter.builder()
            .name("writ_decisions")
            .help("Decisions on requests for artifacts, by verdict and denial code.")
            .labelNames("verdict", "code")
            .withoutExemplars()
            .register(registry);
    voidings =
        Counter.builder()
            .name("writ_voidings")
            .help("Times that all artifacts of a host were voided, by reason.")
            .labelNames("reason")
            .withoutExemplars()
            .register(registry);
    for (BootEnd reason : BootEnd.values()) {
      voidings.initLabelValues(reason.wire());
    }
    voidings.initLabelValues(RevocationReason.EVIDENCE_FAILED.wire());
    voidings.initLabelValues(RevocationReason.HOST_NOT_ACTIVE.wire());
    Histogram seconds =
        histogram("writ_decision", "Time that a stage of a decision took.", SECONDS, "stage");
    for (Stage stage : Stage.values()) {
      stages.put(stage, seconds.labelValues(stage.name().toLowerCase(Locale.ROOT)));
    }
    hsmSign = histogram("writ_hsm_sign", "Time that a signature by the token took.", SECONDS);
    ledgerAppend =
        histogram("writ_ledger_append", "Time from an entry to its signed checkpoint.", SECONDS);
    attestationAge =
        histogram("writ_attestation_age", "Age of the challenge that evidence answered.", AGES);
    revocationLag =
        histogram("writ_revocation_lag", "Time from a revocation to its status token.", SECONDS);
    issuerSignatures =
        Counter.builder()
            .name("writ_issuer_signatures")
            .help(
                "Signatures of the issuer's key that are over no artifact, and no leaves, by kind.")
            .labelNames("kind")
            .withoutExemplars()
            .register(registry);
    payloadsErased =
        Counter.builder()
            .name("writ_payloads_erased")
            .help("Payloads beside leaves that were erased, by cause.")
            .labelNames("cause")
            .withoutExemplars()
            .register(registry);
    breakglassAllows =
        Counter.builder()
            .name("writ_breakglass_allows")
            .help("Artifacts that were issued under a break-glass.")
            .withoutExemplars()
            .register(registry);
    evaluations =
        Counter.builder()
            .name("writ_evaluations")
            .help("Answers to enforcement points, by verdict and code.")
            .labelNames("verdict", "code")
            .withoutExemplars()
            .register(registry);
    redemptions =
        Counter.builder()
            .name("writ_redemptions")
            .help("Answers to whoever asked for a use of an artifact, by verdict and code.")
            .labelNames("verdict", "code")
            .withoutExemplars()
            .register(registry);
    for (Erasure cause : Erasure.values()) {
      payloadsErased.initLabelValues(cause.name().toLowerCase(Locale.ROOT));
    }
  }

  /** One of seconds. */
  private Histogram histogram(String name, String help, double[] bounds, String... labels) {
    return Histogram.builder()
        .name(name)
        .unit(Unit.SECONDS)
        .help(help)
        .classicOnly()
        .withoutExemplars()
        .classicUpperBounds(bounds)
        .labelNames(labels)
        .register(registry);
  }

  /** All metrics, to be exposed. */
  public PrometheusRegistry registry() {
    return registry;
  }

  void allowed() {
    decisions.labelValues("allow", "").inc();
  }

  void allowedUnderBreakglass() {
    breakglassAllows.inc();
  }

  void evaluated(Optional<DenialCode> denied) {
    count(evaluations, denied);
  }

  RedemptionOutcome redeemed(RedemptionOutcome outcome) {
    count(
        redemptions,
        outcome instanceof RedemptionOutcome.Denied denied
            ? Optional.of(denied.denial().code())
            : Optional.empty());
    return outcome;
  }

  private static void count(Counter answers, Optional<DenialCode> denied) {
    answers
        .labelValues(denied.isPresent() ? "deny" : "allow", denied.map(DenialCode::wire).orElse(""))
        .inc();
  }

  /** All that a host has is void. */
  void voided(String reason) {
    voidings.labelValues(reason).inc();
  }

  void denied(DenialCode code) {
    decisions.labelValues("deny", code.wire()).inc();
  }

  /**
   * A stage has ended.
   *
   * @param began by {@link System#nanoTime}
   * @return now, when the next begins
   */
  @CanIgnoreReturnValue
  long ended(Stage stage, long began) {
    long now = System.nanoTime();
    Objects.requireNonNull(stages.get(stage)).observe(Unit.nanosToSeconds(now - began));
    return now;
  }

  void signed(long nanos) {
    hsmSign.observe(Unit.nanosToSeconds(nanos));
  }

  /** The issuer's key signed an attestation result, which is no artifact and no leaf. */
  void attestationResultSigned() {
    issuerSignatures.labelValues("attestation_result").inc();
  }

  /** The issuer's key signed to show that it can. */
  void readinessSigned() {
    issuerSignatures.labelValues("readiness").inc();
  }

  void payloadsErased(Erasure cause, long payloads) {
    payloadsErased.labelValues(cause.name().toLowerCase(Locale.ROOT)).inc((double) payloads);
  }

  void appended(long nanos) {
    ledgerAppend.observe(Unit.nanosToSeconds(nanos));
  }

  void attested(Duration age) {
    attestationAge.observe(Unit.millisToSeconds(age.toMillis()));
  }

  void revoked(long nanos) {
    revocationLag.observe(Unit.nanosToSeconds(nanos));
  }

  /** Exposes the mode of the service, and whether a review is overdue. */
  void watch(Modes modes) {
    GaugeWithCallback.builder()
        .name("writ_governance_mode")
        .help("The mode that rules see: 1 for it, 0 for the others.")
        .labelNames("mode")
        .callback(
            call -> {
              Governance.Mode now = modes.now();
              for (Governance.Mode mode : Governance.Mode.values()) {
                call.call(mode == now ? 1 : 0, mode.name().toLowerCase(Locale.ROOT));
              }
            })
        .register(registry);
    GaugeWithCallback.builder()
        .name("writ_breakglass_review_overdue")
        .help("Whether a break-glass should have been reviewed, and was not: 1, or 0.")
        .callback(call -> call.call(modes.isReviewOverdue() ? 1 : 0))
        .register(registry);
  }

  /**
   * Exposes the epoch of the policy by which this node decides, one of its log's: each tenant has its own.
   *
   * @param log the log's origin
   */
  void watch(Policies policies, String log) {
    GaugeWithCallback.builder()
        .name("writ_policy_epoch")
        .help("The epoch of the policy by which this node decides.")
        .labelNames("log")
        .callback(call -> call.call((double) policies.epoch(), log))
        .register(registry);
  }

  /** Exposes what readiness found last; nothing before it found anything. */
  void watch(ReadinessCheck readiness) {
    GaugeWithCallback.builder()
        .name("writ_ready")
        .help("Whether this part was as it must be when it was tried last: 1, or 0.")
        .labelNames("part")
        .callback(
            call ->
                readiness
                    .found()
                    .ifPresent(
                        found ->
                            found
                                .findings()
                                .forEach(part -> call.call(part.ok() ? 1 : 0, part.part().wire()))))
        .register(registry);
  }

  /** Exposes what waits in these pools too, and what they turned away. */
  void watch(List<WorkPool> more) {
    if (pools.isEmpty()) {
      GaugeWithCallback.builder()
          .name("writ_pool_waiting")
          .help("Work that waits for a thread.")
          .labelNames("pool")
          .callback(call -> pools.forEach(pool -> call.call(pool.waiting(), pool.name())))
          .register(registry);
      CounterWithCallback.builder()
          .name("writ_pool_overloaded")
          .help("Work that found the queue full or waited too long.")
          .labelNames("pool")
          .callback(
              call -> pools.forEach(pool -> call.call((double) pool.overloaded(), pool.name())))
          .register(registry);
    }
    pools.addAll(more);
  }
}
