// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.agent.Answer;
import dev.writ.artifact.Verdict;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** The demo's steps: what was expected of each, what came, and how long it took. */
final class DemoReport {
  /** Expected of a step that sets something up. */
  static final String OK = "ok";

  /** Expected of a step that ends in permission. */
  static final String ALLOW = "allow";

  private final PrintStream out;
  private final OutputFormat format;
  private final List<Step> steps = new ArrayList<>();

  /** What a step does. */
  @FunctionalInterface
  interface Action<T> {
    T perform() throws Exception;
  }

  /**
   * A service that stays up, and a host that is enrolled there.
   *
   * @param service its plain HTTP door
   * @param socket its operator's door
   * @param attest the words of a command that asks it for an artifact
   * @param run the words of a command that runs a program on the host
   * @param policy what its policy is changed with
   * @param supervisor the process whose end ends it
   */
  record Kept(
      URI service,
      Path socket,
      List<String> attest,
      List<String> run,
      PolicyPlaces policy,
      long supervisor) {
    private void print(PrintStream out, Path trust) {
      out.println();
      out.println("the service stays up, and host-a beside it:");
      out.println("service  " + service);
      out.println("socket   " + socket);
      out.println("trust    " + trust);
      out.println();
      out.println("run a program there:  ./writ " + String.join(" ", run));
      out.println("ask it for an artifact:  ./writ " + String.join(" ", attest));
      policy.print(out, socket);
      out.println("end it, and remove what it has:  kill " + supervisor);
    }

    private Map<String, Object> asMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("service", service);
      map.put("socket", socket);
      map.put("attest", attest);
      map.put("run", run);
      map.put("policy", policy.asMap());
      map.put("pid", supervisor);
      return map;
    }
  }

  /**
   * What an author and an approver need to put another policy in force.
   *
   * @param authorKey the operator's, who writes the policy
   * @param approverKey of who approves it
   * @param config of the service: impact, shadow and replay read its store
   * @param log of the service, with the ids of decisions
   */
  record PolicyPlaces(Path authorKey, Path approverKey, Path config, Path log) {
    private void print(PrintStream out, Path socket) {
      out.println();
      out.println("author    " + authorKey);
      out.println("approver  " + approverKey);
      out.println("config    " + config);
      out.println("log       " + log);
      out.println("see its policy:  ./writ policy show --socket " + socket + " --out current.json");
      out.println(
          "sign another:  ./writ policy sign policy.json --key "
              + authorKey
              + " --out authored.dsse.json");
      out.println(
          "approve it:  ./writ policy sign authored.dsse.json --key "
              + approverKey
              + " --out policy.dsse.json");
      out.println("publish it:  ./writ policy publish policy.dsse.json --socket " + socket);
      out.println();
    }

    private Map<String, Object> asMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("author_key", authorKey);
      map.put("approver_key", approverKey);
      map.put("config", config);
      map.put("log", log);
      return map;
    }
  }

  private record Step(String name, String expect, String got, long millis) {
    boolean asExpected() {
      return expect.equals(got);
    }
  }

  DemoReport(PrintStream out, OutputFormat format) {
    this.out = out;
    this.format = format;
  }

  /** A step that makes something; that it cannot ends the demo. */
  @CanIgnoreReturnValue
  <T> T make(String name, Action<T> action) throws Exception {
    return step(name, OK, action, made -> OK);
  }

  /** A step that makes something, begun earlier. */
  @CanIgnoreReturnValue
  <T> T make(String name, Preparation.Begun<T> begun) throws Exception {
    Preparation.Timed<T> made = begun.await();
    record(new Step(name, OK, OK, made.millis()));
    return made.value();
  }

  /** A step that asks the service, and ends as expected or with a code. */
  @CanIgnoreReturnValue
  <T> Answer<T> ask(String name, String expect, Action<Answer<T>> action) throws Exception {
    return step(
        name,
        expect,
        action,
        answer ->
            answer instanceof Answer.Denied<T> denied
                ? denied.code().wire()
                : expect.equals(OK) ? OK : ALLOW);
  }

  /** A step that looks, and ends in what was seen. */
  void observe(String name, String expect, Action<String> action) throws Exception {
    step(name, expect, action, seen -> seen);
  }

  /** A step that verifies, and ends in permission or a code. */
  void verify(String name, String expect, Action<Verdict> action) throws Exception {
    step(name, expect, action, DemoReport::word);
  }

  @CanIgnoreReturnValue
  private <T> T step(String name, String expect, Action<T> action, Function<T, String> word)
      throws Exception {
    long start = System.nanoTime();
    T result = action.perform();
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    record(new Step(name, expect, word.apply(result), millis));
    return result;
  }

  private void record(Step step) {
    steps.add(step);
    if (format == OutputFormat.text) {
      out.printf(
          "%-5s  %-60s  expected %-24s  came %-24s %5d ms%n",
          step.asExpected() ? "ok" : "WRONG",
          step.name(),
          step.expect(),
          step.got(),
          step.millis());
      out.flush();
    }
  }

  private static String word(Verdict verdict) {
    return verdict instanceof Verdict.Denied denied ? denied.code().wire() : ALLOW;
  }

  boolean allAsExpected() {
    return steps.stream().allMatch(Step::asExpected);
  }

  /**
   * The last lines, or the one JSON document.
   *
   * @param kept what goes on after the demo
   */
  void end(Path bundle, Path trust, Optional<Kept> kept) {
    boolean ok = allAsExpected();
    if (format == OutputFormat.json) {
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("steps", steps.stream().map(DemoReport::asMap).toList());
      document.put("bundle", bundle);
      document.put("trust", trust);
      kept.ifPresent(service -> document.put("kept", service.asMap()));
      document.put("ok", ok);
      out.println(Printer.json(document));
    } else {
      long expected = steps.stream().filter(Step::asExpected).count();
      out.println();
      out.println(expected + " of " + steps.size() + " steps came as expected");
      out.println("bundle  " + bundle);
      out.println("trust   " + trust);
      out.println();
      out.println("verify it yourself:  ./writ verify " + bundle + " --trust " + trust);
      kept.ifPresent(service -> service.print(out, trust));
    }
    out.flush();
  }

  /** The one JSON document of a demo that could not go on: it left nothing. */
  void endEarly() {
    if (format == OutputFormat.json) {
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("steps", steps.stream().map(DemoReport::asMap).toList());
      document.put("ok", false);
      out.println(Printer.json(document));
      out.flush();
    }
  }

  private static Map<String, Object> asMap(Step step) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", step.name());
    map.put("expect", step.expect());
    map.put("got", step.got());
    map.put("ms", step.millis());
    return map;
  }
}
