// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.fixtures.ChildProcess;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.PolicyRevision;
import dev.writ.policy.ReferenceSet;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Fills a service's ledger with decisions of a known mix in two stretches with a pause between them, which
 * stands for what separates a day from those before it, and asks {@code writ policy impact} what candidates
 * would have changed: of the second stretch ({@code --since}), of the first ({@code --range}), of all. What
 * must come is counted from the answers that the hosts got.
 */
final class ImpactLoad {
  private static final int HOSTS = 20;
  private static final int CONNECTIONS = 16;
  private static final Duration READY = Duration.ofMinutes(1);
  private static final Duration LAST_ANSWERS = Duration.ofSeconds(20);
  private static final Duration LONGEST = Duration.ofHours(1);

  /** Far longer than the command takes from its start to its look at the clock. */
  private static final Duration PAUSE = Duration.ofSeconds(30);

  private static final Pattern CHANGE =
      Pattern.compile(
          "\\{\"change\":\"([a-z_]+)\",\"was\":\"([^\"]+)\",\"now\":\"([^\"]+)\",\"count\":([0-9]+)");
  private static final Pattern SHADOW =
      Pattern.compile("\"id\":\"no-deploy\",[^}]*\"mode\":\"shadow\",\"denied\":([0-9]+)");

  private static final String NO_DEPLOY =
      """
      {"id":"no-deploy","stage":"restriction","effect":"forbid",\
      "when":"request.resource == '/usr/bin/deploy'","code":"runtime_condition",\
      "reason_user":"Not now.","reason_admin":"Not now.","mode":"MODE"},""";
  private static final String SOMEBODY =
      """
      {"id":"somebody","stage":"requirement","effect":"require",\
      "when":"has(governance.initiator)","code":"policy_denied",\
      "reason_user":"Who asks?","reason_admin":"Who asks?","mode":"enforce"},""";

  private final Path project;
  private final Path work;
  private final PrintStream out;
  private int passed;
  private int failed;

  /** Which decisions are looked at. */
  private record Looked(String name, List<String> options, Map<Asked, Long> mix) {
    long of(Asked asked) {
      return mix.getOrDefault(asked, 0L);
    }

    long all() {
      return mix.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  ImpactLoad(Path project, Path work, PrintStream out) {
    this.project = project;
    this.work = work;
    this.out = out;
  }

  /**
   * Fills and asks.
   *
   * @param decisions how many, in both stretches
   * @return whether all held
   */
  boolean run(long decisions) throws IOException, InterruptedException {
    Map<Asked, Long> before = new EnumMap<>(Asked.class);
    Map<Asked, Long> day = new EnumMap<>(Asked.class);
    long boundary;
    long pause;
    try (ServedWrit served = ServePreparation.asking(project, work, HOSTS)) {
      served.start();
      served.awaitReady(READY);
      served.enrol();
      fill(served, decisions / 3, before);
      pause = System.nanoTime();
      Thread.sleep(PAUSE.toMillis());
      boundary = leaves(served);
      fill(served, decisions - decisions / 3, day);
      served.stop();
    }
    long asked = total(before) + total(day);
    check("decided", asked == decisions, asked + " of " + decisions);
    Map<Asked, Long> both = new EnumMap<>(before);
    day.forEach((kind, count) -> both.merge(kind, count, Long::sum));
    candidates(new Looked("all", List.of("--range", "0.."), both));
    candidates(new Looked("before", List.of("--range", "0.." + boundary), before));
    long back = (System.nanoTime() - pause) / 1_000_000_000L - PAUSE.toSeconds() * 2 / 3;
    rewording(new Looked("the day", List.of("--since", back + "s"), day));
    back = (System.nanoTime() - pause) / 1_000_000_000L - PAUSE.toSeconds() * 2 / 3;
    denial(new Looked("the day", List.of("--since", back + "s"), day));
    out.printf("%d passed, %d failed%n", passed, failed);
    return failed == 0;
  }

  private void candidates(Looked looked) throws IOException, InterruptedException {
    rewording(looked);
    denial(looked);
    shadow(looked);
    permission(looked);
    otherPcr(looked);
    initiator(looked);
  }

  private void rewording(Looked looked) throws IOException, InterruptedException {
    String text = json().replace("This action is not offered.", "Nobody offers this action.");
    expect("rewording", looked, impact("reworded", text, looked), Map.of());
  }

  private void denial(Looked looked) throws IOException, InterruptedException {
    String report = impact("denying", withRule(NO_DEPLOY.replace("MODE", "enforce")), looked);
    String change = "allow_to_deny: allow -> deny runtime_condition by no-deploy";
    expect("denial of a program", looked, report, Map.of(change, looked.of(Asked.DEPLOYMENT)));
    long examples = report.split("\"resource\":\"/usr/bin/deploy\"", -1).length - 1L;
    check(
        "its examples, " + looked.name(),
        examples == Math.min(3, looked.of(Asked.DEPLOYMENT)),
        examples + " are of the program");
  }

  private void shadow(Looked looked) throws IOException, InterruptedException {
    String report = impact("watching", withRule(NO_DEPLOY.replace("MODE", "shadow")), looked);
    expect("the same in shadow", looked, report, Map.of());
    Matcher would = SHADOW.matcher(report);
    long denied = would.find() ? Long.parseLong(would.group(1)) : -1;
    check(
        "what it would deny, " + looked.name(),
        denied == looked.of(Asked.DEPLOYMENT),
        denied + " of " + looked.of(Asked.DEPLOYMENT));
  }

  private void permission(Looked looked) throws IOException, InterruptedException {
    String text = json().replace("\"actions\":[\"exec\"]", "\"actions\":[\"delete\",\"exec\"]");
    String change = "deny_to_allow: " + Asked.UNKNOWN_ACTION.verdict() + " -> allow";
    expect(
        "an action more",
        looked,
        impact("permitting", text, looked),
        Map.of(change, looked.of(Asked.UNKNOWN_ACTION)));
  }

  /** Of the hosts that ask for the one program, who all are measured alike. */
  private void otherPcr(Looked looked) throws IOException, InterruptedException {
    ReferenceSet other =
        new ReferenceSet(
            "other",
            "",
            Set.copyOf(hosts(Asked.DEPLOYMENT)),
            Map.of(
                ReferenceSet.Bank.SHA256, Map.of(7, List.of(Hash.sha256(new byte[] {9}).hex()))));
    String text;
    try {
      PolicyRevision revision = document().revise();
      revision.referenceSets(List.of(MeasuredBoot.expected(), other));
      text = new String(revision.build().canonical(), StandardCharsets.UTF_8);
    } catch (MalformedPolicyException e) {
      throw new IOException("a candidate must be a policy", e);
    }
    String change = "allow_to_deny: allow -> deny environment_untrusted by measured-state";
    expect(
        "another PCR of some hosts",
        looked,
        impact("measuring", text, looked),
        Map.of(change, looked.of(Asked.DEPLOYMENT)));
  }

  private void initiator(Looked looked) throws IOException, InterruptedException {
    long allowed = looked.of(Asked.PROGRAM) + looked.of(Asked.DEPLOYMENT);
    Map<String, Long> changes = changes(impact("naming", withRule(SOMEBODY), looked));
    long denied =
        changes.getOrDefault("allow_to_deny: allow -> deny policy_denied by somebody", 0L);
    boolean others =
        changes.keySet().stream()
            .allMatch(
                each -> each.startsWith("other_denial: ") || each.startsWith("allow_to_deny: "));
    check(
        "an initiator for all, " + looked.name(),
        denied == allowed && others,
        denied + " of " + allowed + " denied, " + changes);
  }

  private static List<String> hosts(Asked asked) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < HOSTS; i++) {
      if (Asked.of(i) == asked) {
        names.add(ServePreparation.hostName(i));
      }
    }
    return names;
  }

  private void expect(String name, Looked looked, String report, Map<String, Long> expected) {
    Map<String, Long> came = changes(report);
    long again = number(report, "allowed") + number(report, "denied");
    check(
        name + ", " + looked.name(),
        came.equals(expected) && again == looked.all(),
        again + " of " + looked.all() + " decided again, changes " + came + ", sent " + expected);
  }

  private static Map<String, Long> changes(String report) {
    Map<String, Long> changes = new TreeMap<>();
    Matcher each = CHANGE.matcher(report);
    while (each.find()) {
      changes.put(
          each.group(1) + ": " + each.group(2) + " -> " + each.group(3),
          Long.parseLong(each.group(4)));
    }
    return changes;
  }

  private static long number(String report, String member) {
    Matcher found = Pattern.compile("\"" + member + "\":([0-9]+)").matcher(report);
    return found.find() ? Long.parseLong(found.group(1)) : -1;
  }

  private String impact(String name, String candidate, Looked looked)
      throws IOException, InterruptedException {
    if (candidate.equals(json()) || number(candidate, "version") < 1) {
      throw new IOException("the candidate " + name + " must be another policy, and is not");
    }
    Path file = Files.writeString(work.resolve(name + ".json"), candidate);
    Path report = work.resolve("impact-" + name + ".json");
    boolean unused = Files.deleteIfExists(report);
    ChildProcess process =
        ChildProcess.start(
            Stream.concat(
                    Stream.of(
                        project.resolve("writ").toString(),
                        "policy",
                        "impact",
                        file.toString(),
                        "--config",
                        work.resolve(ServePreparation.CONFIGURATION).toString(),
                        "-o",
                        "json"),
                    looked.options().stream())
                .toList(),
            new LinkedHashMap<>(Map.of("WRIT_NO_BUILD", "1")),
            report,
            work.resolve("impact.log"));
    Optional<Integer> status = process.await(LONGEST);
    process.kill();
    if (!status.equals(Optional.of(0))) {
      throw new IOException(
          "writ policy impact must end with status 0, ended with "
              + status
              + ":\n"
              + process.logTail());
    }
    return Files.readString(report);
  }

  private PolicyDocument document() throws IOException, MalformedPolicyException {
    return PolicyDocument.parse(Files.readAllBytes(work.resolve(ServePreparation.POLICY)));
  }

  private String json() throws IOException {
    return Files.readString(work.resolve(ServePreparation.POLICY));
  }

  private String withRule(String rule) throws IOException {
    UnaryOperator<String> change = text -> text.replace("\"rules\":[", "\"rules\":[" + rule);
    return change.apply(json());
  }

  private void fill(ServedWrit served, long share, Map<Asked, Long> mix) throws IOException {
    int kinds = Asked.values().length;
    long began = System.nanoTime();
    for (int i = 0; i < kinds; i++) {
      Asked asked = Asked.of(i);
      long wanted = share / kinds + (i < share % kinds ? 1 : 0);
      mix.put(asked, ask(served, asked, wanted));
    }
    out.printf(
        "filled   %s, %.0f decisions/s%n", mix, total(mix) * 1e9 / (System.nanoTime() - began));
  }

  /** Asks until so much was decided: what an overloaded service turns away is asked again. */
  private static long ask(ServedWrit served, Asked asked, long share) throws IOException {
    Set<String> names = Set.copyOf(hosts(asked));
    List<LoadHost> hosts =
        served.hosts().stream().filter(host -> names.contains(host.name())).toList();
    long decided = 0;
    long before = -1;
    while (decided < share && decided > before) {
      before = decided;
      try (LoadGenerator generator =
          served.generator(hosts, CONNECTIONS, Observer.NONE, LAST_ANSWERS)) {
        LoadResult result = generator.saturate(share - decided);
        for (Map.Entry<String, Long> refusal : result.failures().entrySet()) {
          decided += refusal.getKey().startsWith("application 403") ? refusal.getValue() : 0;
        }
        decided += result.issued();
        if (result.issued() > 0 && !asked.isAllowed()) {
          throw new IOException(asked + " must be denied, and was not");
        }
      }
    }
    return decided;
  }

  private static long leaves(ServedWrit served) throws IOException {
    try (HttpDoor door = served.door()) {
      return Long.parseLong(door.get("/ledger/checkpoint").require(200).text().split("\n", -1)[1]);
    }
  }

  private static long total(Map<Asked, Long> mix) {
    return mix.values().stream().mapToLong(Long::longValue).sum();
  }

  private void check(String name, boolean holds, String what) {
    if (holds) {
      passed++;
    } else {
      failed++;
    }
    out.println((holds ? "ok       " : "FAILED   ") + name + ": " + what);
  }
}
