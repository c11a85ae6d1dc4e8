// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Act;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.ledger.StoredLedger;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.PolicyRevision;
import dev.writ.policy.ReferenceSet;
import dev.writ.policy.ReferenceSet.Bank;
import dev.writ.service.ImpactReport.Change;
import dev.writ.service.ImpactReport.Kind;
import dev.writ.service.PolicyImpact.Beyond;
import dev.writ.service.PolicyImpact.Verdict;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A day of the demo's traffic, under the demo's policy, by the service's clock: what candidates would have
 * changed in it is counted here from what was asked, and by {@link PolicyImpact} from what is stored. What
 * was asked in the two hours before that day does not count.
 */
final class DaysImpactTest {
  private static final Duration STEP = Duration.ofMinutes(30);
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration BEFORE = Duration.ofHours(2);
  private static final String NIGHTLY = "/usr/bin/rsync";

  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static ReplayedStore store;

  /** What the day had of each. */
  private static final Map<Ask, Integer> ASKED = new LinkedHashMap<>();

  private static Instant dayBegan;

  /** What is asked, how often, and what the demo's policy says of it. */
  private enum Ask {
    OWN_PROGRAM("host-a", 1, "exec", "/usr/bin/true", true),
    BACKUP("host-a", 4, "exec", NIGHTLY, true),
    OTHER_HOST("host-b", 2, "exec", "/usr/bin/true", true),
    UNKNOWN_ACTION("host-b", 6, "delete", "/var/lib/records", false),
    UNKNOWN_WORKLOAD("host-c", 8, "exec", "/usr/bin/true", false),
    OTHER_BOOT("host-d", 12, "exec", "/usr/bin/true", false);

    private final String host;
    private final int everySteps;
    private final String action;
    private final String resource;
    private final boolean allowed;

    Ask(String host, int everySteps, String action, String resource, boolean allowed) {
      this.host = host;
      this.everySteps = everySteps;
      this.action = action;
      this.resource = resource;
      this.allowed = allowed;
    }
  }

  @BeforeAll
  static void aDay() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    Map<String, SoftwareHost> hosts = new LinkedHashMap<>();
    for (Ask kind : Ask.values()) {
      hosts.computeIfAbsent(kind.host, deployment::host);
    }
    deployment.start();
    for (SoftwareHost host : hosts.values()) {
      assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    }
    of(hosts, Ask.OTHER_BOOT).extend(8, "another kernel");
    Instant ends = deployment.clock.instant().plus(BEFORE).plus(DAY);
    // The times of leaves are in whole milliseconds.
    dayBegan = ends.minus(DAY).truncatedTo(ChronoUnit.MILLIS);
    for (int step = 0; deployment.clock.instant().isBefore(ends); step++) {
      for (Ask kind : Ask.values()) {
        if (step % kind.everySteps == 0) {
          ask(of(hosts, kind), kind);
        }
      }
      deployment.clock.advance(STEP);
    }
    store = ReplayedStore.of(deployment);
  }

  private static SoftwareHost of(Map<String, SoftwareHost> hosts, Ask kind) {
    return Objects.requireNonNull(hosts.get(kind.host));
  }

  private static void ask(SoftwareHost host, Ask kind) {
    ExecutionRequest own = Deployment.request(host);
    ExecutionRequest request =
        new ExecutionRequest(
            own.iss(),
            own.aud(),
            own.tenant(),
            own.sub(),
            new Act(kind.action, kind.resource, Hash.sha256(new byte[] {1}), Map.of(), 1),
            Optional.empty(),
            own.jkt());
    IssuanceOutcome outcome = deployment.issue(host.answer(deployment.challenge(host), request));
    assertThat(outcome instanceof IssuanceOutcome.Issued).as(kind.name()).isEqualTo(kind.allowed);
    if (!deployment.clock.instant().isBefore(dayBegan)) {
      ASKED.merge(kind, 1, Integer::sum);
    }
  }

  @AfterAll
  static void stop() throws Exception {
    deployment.close();
    token.close();
  }

  private static long asked(Predicate<Ask> which) {
    return ASKED.entrySet().stream()
        .filter(kind -> which.test(kind.getKey()))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  private static long asked(Ask kind) {
    return asked(kind::equals);
  }

  private static ImpactReport impactOf(PolicyDocument candidate) throws Exception {
    ImpactReport report = new ImpactReport();
    try (StoredLedger ledger = store.open()) {
      PolicyImpact impact = new PolicyImpact(store.replay(ledger), candidate);
      new StoredRange(ledger, ledger.firstFrom(dayBegan), ledger.size())
          .run(2, impact, report::add, done -> {});
    }
    assertThat(report.undecided(Beyond.CONTRADICTS)).isZero();
    assertThat(report.allowed() + report.denied()).isEqualTo(asked(kind -> true));
    return report;
  }

  private static PolicyRevision next() throws Exception {
    return deployment.document().revise().nextVersion();
  }

  private static PolicyDocument replaced(PolicyDocument document, String text, String by)
      throws Exception {
    String json = new String(document.canonical(), StandardCharsets.UTF_8);
    assertThat(json).contains(text);
    return PolicyDocument.parse(json.replace(text, by).getBytes(StandardCharsets.UTF_8));
  }

  private static PolicyDocument withRule(PolicyDocument document, String mode) throws Exception {
    String rule =
        """
        {"id":"no-backups","description":"","stage":"restriction","effect":"forbid",
         "when":"request.resource == '%s'","code":"scope_exceeded",
         "reason_user":"No.","reason_admin":"No.","mode":"%s","obligations":[]},"""
            .formatted(NIGHTLY, mode);
    return replaced(document, "\"rules\":[", "\"rules\":[" + rule);
  }

  private static PolicyRevision withWorkloadOf(String host) throws Exception {
    Map<String, List<String>> workloads = new LinkedHashMap<>();
    for (String known : List.of("host-a", "host-b", host)) {
      workloads.put(known, List.of(Deployment.workloadOf(known)));
    }
    return next().constant("workloads", workloads);
  }

  private static List<String> changes(ImpactReport report) {
    List<String> changes = new ArrayList<>();
    for (Change change : report.changes()) {
      changes.add(change.count() + " x " + words(change.was()) + " -> " + words(change.now()));
    }
    return changes;
  }

  private static String words(Verdict verdict) {
    return verdict instanceof Verdict.Denied denied ? denied.rule() : "allow";
  }

  @Test
  void traffic_hasOfEachKind_inTheDayAndBeforeIt() throws Exception {
    assertThat(ASKED.keySet()).containsExactlyInAnyOrder(Ask.values());
    try (StoredLedger ledger = store.open()) {
      assertThat(ledger.size() - ledger.firstFrom(dayBegan)).isEqualTo(asked(kind -> true));
      assertThat(ledger.firstFrom(dayBegan)).as("born, enrolled, and two hours").isGreaterThan(15);
    }
  }

  @Test
  void candidate_thatOnlyWordsThingsOtherwise_changesNothing() throws Exception {
    PolicyDocument reworded =
        replaced(next().build(), "This action is not offered.", "Nobody offers this.");

    ImpactReport report = impactOf(reworded);

    assertThat(report.changes()).isEmpty();
    assertThat(report.allowed()).isEqualTo(asked(kind -> kind.allowed));
  }

  @Test
  void candidate_thatForbidsOneProgram_deniesItsRunsAndNoOther() throws Exception {
    ImpactReport report = impactOf(withRule(next().build(), "enforce"));

    assertThat(changes(report)).containsExactly(asked(Ask.BACKUP) + " x allow -> no-backups");
    assertThat(report.changes().iterator().next().examples())
        .hasSize(3)
        .allSatisfy(
            example -> {
              assertThat(example.host()).isEqualTo("host-a");
              assertThat(example.resource()).isEqualTo(NIGHTLY);
            });
  }

  @Test
  void sameRule_inShadowMode_changesNothing_andIsCounted() throws Exception {
    ImpactReport report = impactOf(withRule(next().build(), "shadow"));

    assertThat(report.changes()).isEmpty();
    assertThat(report.rules())
        .filteredOn(rule -> rule.rule().id().equals("no-backups"))
        .singleElement()
        .satisfies(rule -> assertThat(rule.denied()).isEqualTo(asked(Ask.BACKUP)));
  }

  @Test
  void candidate_thatKnowsOneHostMore_allowsWhatThatOneAsked() throws Exception {
    ImpactReport report = impactOf(withWorkloadOf("host-c").build());

    assertThat(report.changed(Kind.DENY_TO_ALLOW)).isEqualTo(asked(Ask.UNKNOWN_WORKLOAD));
    assertThat(report.changes()).hasSize(1);
  }

  @Test
  void candidate_thatAcceptsTheOtherKernel_allowsThatHostOnlyWhereItIsKnownToo() throws Exception {
    Map<Integer, List<String>> pcrs = new LinkedHashMap<>();
    for (Map.Entry<Integer, String> event : BootLog.EVENTS.entrySet()) {
      Hash booted = Hash.sha256(new byte[Hash.BYTES], BootLog.digest(event.getValue()).bytes());
      Hash other = Hash.sha256(booted.bytes(), BootLog.digest("another kernel").bytes());
      pcrs.put(
          event.getKey(),
          event.getKey() == 8 ? List.of(booted.hex(), other.hex()) : List.of(booted.hex()));
    }
    List<ReferenceSet> both =
        List.of(
            new ReferenceSet("both", "", Set.of(ReferenceSet.ANY_HOST), Map.of(Bank.SHA256, pcrs)));

    ImpactReport accepted = impactOf(next().referenceSets(both).build());
    ImpactReport known = impactOf(withWorkloadOf("host-d").referenceSets(both).build());

    assertThat(accepted.changed(Kind.OTHER_DENIAL)).isEqualTo(asked(Ask.OTHER_BOOT));
    assertThat(accepted.changes()).hasSize(1);
    assertThat(known.changed(Kind.DENY_TO_ALLOW)).isEqualTo(asked(Ask.OTHER_BOOT));
    assertThat(known.changes()).hasSize(1);
  }

  @Test
  void candidate_thatTakesAndGives_showsBoth() throws Exception {
    PolicyDocument candidate =
        withRule(
            withWorkloadOf("host-c").constant("actions", List.of("exec", "delete")).build(),
            "enforce");

    ImpactReport report = impactOf(candidate);

    assertThat(report.changed(Kind.ALLOW_TO_DENY)).isEqualTo(asked(Ask.BACKUP));
    assertThat(report.changed(Kind.DENY_TO_ALLOW))
        .isEqualTo(asked(Ask.UNKNOWN_WORKLOAD) + asked(Ask.UNKNOWN_ACTION));
    assertThat(report.changed(Kind.OTHER_DENIAL)).isZero();
  }
}
