// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.agent.Answer;
import dev.writ.artifact.Verdict;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  /** A step that asks the service, and ends in permission or a code. */
  @CanIgnoreReturnValue
  <T> Answer<T> ask(String name, String expect, Action<Answer<T>> action) throws Exception {
    return step(name, expect, action, DemoReport::word);
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
    Step step = new Step(name, expect, word.apply(result), millis);
    steps.add(step);
    if (format == OutputFormat.text) {
      out.printf(
          "%-5s  %-58s  expected %-21s  came %-21s %5d ms%n",
          step.asExpected() ? "ok" : "WRONG", name, expect, step.got(), millis);
      out.flush();
    }
    return result;
  }

  private static String word(Answer<?> answer) {
    return answer instanceof Answer.Denied<?> denied ? denied.code().wire() : ALLOW;
  }

  private static String word(Verdict verdict) {
    return verdict instanceof Verdict.Denied denied ? denied.code().wire() : ALLOW;
  }

  boolean allAsExpected() {
    return steps.stream().allMatch(Step::asExpected);
  }

  /** The last lines, or the one JSON document. */
  void end(Path bundle, Path trust) {
    boolean ok = allAsExpected();
    if (format == OutputFormat.json) {
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("steps", steps.stream().map(DemoReport::asMap).toList());
      document.put("bundle", bundle);
      document.put("trust", trust);
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
