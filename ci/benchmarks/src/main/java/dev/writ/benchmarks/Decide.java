// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.policy.Decision;
import dev.writ.policy.Inputs;
import dev.writ.policy.Policy;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * How fast a policy decides on one thread, at 10, 100 and 1,000 rules, beside others' engines on
 * equivalent rules. What the lines are is in the package's documentation.
 */
final class Decide implements Benchmark {
  private static final String UNIT = "decisions/s";
  private static final int OF_NAME = 100;
  private static final List<Integer> SIZES = List.of(10, OF_NAME, 1_000);
  private static final double NANOS_PER_MICRO = 1e3;

  /** One engine with the rules and the requests of {@link DecideRules}. */
  interface Engine {
    /** What stands in the lines' names. */
    String name();

    /** Whether request number {@code i} is allowed. */
    boolean allows(int i) throws Exception;
  }

  @Override
  public String description() {
    return "decisions at 10, 100 and 1,000 rules, beside OPA's WASM and Cedar in Java";
  }

  @Override
  public void run(Setting setting, Report report) throws Exception {
    for (int size : SIZES) {
      run(new DecideRules(size), setting, report);
    }
  }

  private static void run(DecideRules rules, Setting setting, Report report) throws Exception {
    List<DecideRules.Asked> requests = rules.requests();
    Writ writ = new Writ(rules, requests);
    List<Engine> engines = new ArrayList<>(List.of(writ, writ.recording()));
    engines.addAll(DecidePeers.of(rules, requests));
    List<Contender> contenders = new ArrayList<>();
    for (Engine engine : engines) {
      contenders.add(Contender.loop(new Rounding(engine, requests)));
    }
    List<Double> rates = setting.rounds().run(contenders);
    String ofSize = "-at-" + rules.rules();
    String own = rules.rules() == OF_NAME ? setting.name() : setting.name() + "/rate" + ofSize;
    // Nobody is compared with itself: a line for each peer has the ratio to it.
    report.add(own, rates.get(0), UNIT);
    report.add(setting.variant("recorded" + ofSize), rates.get(1), UNIT);
    for (int i = 2; i < engines.size(); i++) {
      String peer = engines.get(i).name();
      String beside = "beside/" + peer + ofSize;
      report.add(setting.variant("than-" + peer + ofSize), rates.get(0), UNIT, beside);
      report.add(beside, rates.get(i), UNIT);
    }
    Histogram taken = latencies(new Rounding(writ, requests), setting);
    report.add(
        setting.variant("p50" + ofSize), taken.getValueAtPercentile(50) / NANOS_PER_MICRO, "us");
    report.add(
        setting.variant("p99" + ofSize), taken.getValueAtPercentile(99) / NANOS_PER_MICRO, "us");
  }

  private static Histogram latencies(Rounding writ, Setting setting) throws Exception {
    Histogram taken = new Histogram(3);
    long end = System.nanoTime() + setting.measured().toNanos() / 2;
    long before = System.nanoTime();
    while (before < end) {
      writ.once();
      long after = System.nanoTime();
      taken.recordValue(after - before);
      before = after;
    }
    return taken;
  }

  /** Asks for each request in turn. */
  private static final class Rounding implements Contender.Operation {
    private final Engine engine;
    private final List<DecideRules.Asked> requests;
    private int next;

    Rounding(Engine engine, List<DecideRules.Asked> requests) {
      this.engine = engine;
      this.requests = requests;
    }

    @Override
    public void once() throws Exception {
      if (engine.allows(next) != requests.get(next).isAllowed()) {
        throw new IllegalStateException(
            engine.name() + " must decide otherwise of " + requests.get(next));
      }
      next = (next + 1) % requests.size();
    }
  }

  /** Writ's own. */
  private static final class Writ implements Engine {
    private final Policy policy;
    private final List<Inputs> inputs;

    Writ(DecideRules rules, List<DecideRules.Asked> requests) throws Exception {
      this.policy = rules.writ();
      this.inputs = requests.stream().map(DecideRules::inputs).toList();
    }

    @Override
    public String name() {
      return "writ";
    }

    @Override
    public boolean allows(int i) {
      return policy.decide(inputs.get(i)) instanceof Decision.Allow;
    }

    /** With the record that is kept of each decision: every rule, its outcome, what it saw. */
    Engine recording() {
      return new Engine() {
        @Override
        public String name() {
          return "writ with its record";
        }

        @Override
        public boolean allows(int i) {
          Decision decision = policy.decide(inputs.get(i));
          return decision.toJson().length > 0 && decision instanceof Decision.Allow;
        }
      };
    }
  }
}
