// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.Narrowing.Outcome;
import dev.writ.tlog.Hash;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No child holds what its parent does not. */
class NarrowingTest {
  private static final List<String> ACTIONS = List.of("read", "write");
  private static final List<String> RESOURCES =
      List.of("/", "/a", "/a/b", "/ab", "a", "a/b", "https://h/a", "https://h/a/b");
  private static final List<String> AUDIENCES = List.of("g", "h");
  private static final List<Hash> ARGS = List.of(TestWorld.hash("0"), TestWorld.hash("1"));

  /** One call that a gateway would let happen. */
  private record Call(String action, String resource, Hash args, String aud) {}

  private static ExecutionRequest request(List<String> aud, Act act, Optional<UuidV7> parent) {
    return new ExecutionRequest(
        TestWorld.ISSUER, aud, "acme", "spiffe://writ.example/x", act, parent, TestWorld.hash("k"));
  }

  private static ArtifactClaims granted(ExecutionRequest request) {
    ArtifactClaims any = TestWorld.claims();
    return new ArtifactClaims(
        request.iss(),
        request.sub(),
        request.aud(),
        any.iat(),
        any.nbf(),
        any.exp(),
        any.jti(),
        request.jkt(),
        request.tenant(),
        request.act(),
        any.env(),
        any.policy(),
        any.gov(),
        request.parent().isEmpty()
            ? Lineage.rootOf(any.lineage().execution())
            : new Lineage(any.lineage().execution(), request.parent(), TestWorld.ROOT, 1),
        any.status(),
        any.logOrigin(),
        any.ear());
  }

  /** All calls that may come of a permission, its own or of whatever is below it, by the words alone. */
  private static Set<Call> reach(ExecutionRequest request) {
    Set<Call> calls = new HashSet<>();
    Act act = request.act();
    request
        .aud()
        .forEach(aud -> calls.add(new Call(act.action(), act.resource(), act.argsDigest(), aud)));
    if (act.delegable().isPresent()) {
      Delegable bound = act.delegable().get();
      for (String action : bound.actions()) {
        for (String resource : RESOURCES) {
          if (bound.resources().stream().anyMatch(above -> isBelow(above, resource))) {
            for (String aud : bound.aud()) {
              ARGS.forEach(args -> calls.add(new Call(action, resource, args, aud)));
            }
          }
        }
      }
    }
    return calls;
  }

  /** Segment by segment, written another way than the code under test. */
  private static boolean isBelow(String above, String below) {
    List<String> high = List.of(above.equals("/") ? new String[] {""} : above.split("/", -1));
    List<String> low = List.of(below.split("/", -1));
    return above.equals(below)
        || (low.size() >= high.size() && low.subList(0, high.size()).equals(high));
  }

  private static <T> List<T> some(Random random, List<T> all) {
    List<T> chosen = new ArrayList<>();
    while (chosen.isEmpty()) {
      all.stream().filter(each -> random.nextBoolean()).forEach(chosen::add);
    }
    return chosen;
  }

  private static <T> T one(Random random, List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  private static ExecutionRequest random(Random random, Optional<UuidV7> parent) {
    Optional<Delegable> bound =
        random.nextInt(3) == 0
            ? Optional.empty()
            : Optional.of(
                new Delegable(
                    some(random, ACTIONS),
                    List.of(one(random, RESOURCES)),
                    some(random, AUDIENCES),
                    random.nextInt(4)));
    int uses = random.nextInt(3);
    Map<String, Long> limits =
        random.nextBoolean() ? Map.of() : Map.of("n", (long) random.nextInt(3));
    return request(
        uses == 0 ? some(random, AUDIENCES) : List.of(one(random, AUDIENCES)),
        new Act(
            one(random, ACTIONS), one(random, RESOURCES), one(random, ARGS), limits, uses, bound),
        parent);
  }

  @Test
  void randomChild_thatPasses_reachesNothingBeyondItsParent() {
    Random random = new Random(20_261_130);
    int within = 0;
    for (int i = 0; i < 60_000; i++) {
      ExecutionRequest above = random(random, Optional.empty());
      ExecutionRequest below = random(random, Optional.of(TestWorld.JTI));
      if (Narrowing.judge(granted(above), below) instanceof Outcome.Within drawn) {
        within++;
        assertThat(reach(above)).as("%s under %s", below, above).containsAll(reach(below));
        above
            .act()
            .limits()
            .forEach(
                (name, most) ->
                    assertThat(below.act().limits().get(name)).isNotNull().isBetween(0L, most));
        Optional<Delegable> counted = above.act().delegable().filter(Delegable::countsUses);
        assertThat(drawn.uses())
            .isBetween(0L, counted.map(Delegable::maxUses).orElse(0).longValue());
      }
    }
    assertThat(within).isGreaterThan(500);
  }

  private static ArtifactClaims delegating(int uses) {
    return granted(
        request(
            List.of("g"),
            new Act(
                "read",
                "/a",
                ARGS.get(0),
                Map.of("n", 5L),
                Act.UNCOUNTED,
                Optional.of(new Delegable(List.of("write"), List.of("/a"), List.of("h"), uses))),
            Optional.of(TestWorld.PARENT)));
  }

  private static Outcome under(ArtifactClaims parent, String aud, Act act) {
    return Narrowing.judge(parent, request(List.of(aud), act, Optional.of(parent.jti())));
  }

  private static Act write(String resource, Map<String, Long> limits, int uses) {
    return new Act("write", resource, ARGS.get(1), limits, uses);
  }

  private static void assertWider(String field, Outcome outcome) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Wider.class, wider -> assertThat(wider.excess().field()).isEqualTo(field));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/ab",
        "/a/../b",
        "/a//b",
        "/a/",
        "/a/./b",
        "/A/b",
        "/a/%2e%2e/b",
        "/a\\b",
        "/a/b?c",
        "/a/b#c",
        "/a/*",
        "a/b",
        "https://h/a",
        "HTTPS://h/a",
        "/a/cafe\u0301",
        "/a%2fb",
        "//a/b",
        "\u00a0/a/b",
        "/a/..",
        "/a/..;/b",
        "/a/.. /b",
        "/a/\u200b../b",
        "/a/\uff0e\uff0e/b",
        "/a/\u2215..",
        "/a/...",
        "/a/caf\u00e9",
        "/"
      })
  void resource_inAnySpellingThatIsNotBelow_isWider(String resource) {
    assertWider("act.resource", under(delegating(9), "h", write(resource, Map.of("n", 5L), 1)));
  }

  @Test
  void child_withinEachBound_passes_andBeyondEach_isWider() {
    ArtifactClaims parent = delegating(9);
    Map<String, Long> most = Map.of("n", 5L);
    assertThat(under(parent, "h", write("/a", most, 9))).isEqualTo(new Outcome.Within(9, false));
    assertThat(under(parent, "h", write("/a/caf/x.y~1", most, 1)))
        .isEqualTo(new Outcome.Within(1, false));
    assertWider("act.max_uses", under(parent, "h", write("/a", most, 10)));
    assertWider("act.max_uses", under(parent, "h", write("/a", most, Act.UNCOUNTED)));
    assertWider("act.limits.n", under(parent, "h", write("/a", Map.of("n", 6L), 1)));
    assertWider("act.limits.n", under(parent, "h", write("/a", Map.of("m", 1L), 1)));
    assertWider("aud", under(parent, "g", write("/a", most, 1)));
    assertWider("act.action", under(parent, "h", new Act("writes", "/a", ARGS.get(1), most, 1)));
    Delegable wider = new Delegable(List.of("write"), List.of("/"), List.of("h"), 1);
    assertWider(
        "act.delegable.resources",
        under(parent, "h", new Act("write", "/a", ARGS.get(1), most, 1, Optional.of(wider))));
    Delegable uncounted = new Delegable(List.of("write"), List.of("/a"), List.of("h"), 0);
    assertWider(
        "act.delegable.max_uses",
        under(parent, "h", new Act("write", "/a", ARGS.get(1), most, 1, Optional.of(uncounted))));
    Delegable many = new Delegable(List.of("write"), List.of("/a"), List.of("h"), 9);
    assertWider(
        "act.max_uses",
        under(parent, "h", new Act("write", "/a", ARGS.get(1), most, 1, Optional.of(many))));
  }

  @Test
  void ownAct_isHandedOver_unlessItsUsesAreCounted() {
    Act counted = new Act("read", "/a", ARGS.get(0), Map.of(), 1);
    Act free = new Act("read", "/a", ARGS.get(0), Map.of(), Act.UNCOUNTED);
    ArtifactClaims parent = granted(request(List.of("g"), free, Optional.of(TestWorld.PARENT)));
    ArtifactClaims single = granted(request(List.of("g"), counted, Optional.of(TestWorld.PARENT)));
    assertThat(under(parent, "g", free)).isEqualTo(new Outcome.Within(0, true));
    assertThat(under(parent, "g", counted)).isEqualTo(new Outcome.Within(0, true));
    assertWider("aud", under(parent, "h", free));
    assertWider("parent", under(single, "g", counted));
    assertWider(
        "act.args_digest",
        under(parent, "g", new Act("read", "/a", ARGS.get(1), Map.of(), Act.UNCOUNTED)));
  }

  @Test
  void claims_ofAChild_sayNoMoreThanTheParents() {
    Act free = new Act("read", "/a", ARGS.get(0), Map.of(), Act.UNCOUNTED);
    ArtifactClaims parent = granted(request(List.of("g"), free, Optional.of(TestWorld.PARENT)));
    ArtifactClaims same = granted(request(List.of("g"), free, Optional.of(parent.jti())));
    assertThat(Narrowing.excess(parent, same))
        .hasValueSatisfying(excess -> assertThat(excess.field()).isEqualTo("lineage.depth"));
  }

  @Test
  void delegable_thatIsNotCanonical_isNone() {
    for (String resource : List.of("/a/", "a//b", "/..", "/%41", "/cafe\u0301")) {
      assertThatThrownBy(() -> new Delegable(List.of("read"), List.of(resource), List.of("g"), 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("canonical");
    }
  }

  /** A scheme without an authority is no folder of those that have one. */
  @Test
  void resource_coversNothingOfAnotherForm() {
    for (String resource :
        List.of("https:", "file:", "a:b/c", "https://h..x/a", "https://h:65536")) {
      assertThat(CanonicalResource.fault(resource)).as(resource).isPresent();
    }
    assertThat(CanonicalResource.fault("https://h:65535/a:b/c")).isEmpty();
    assertThat(CanonicalResource.covers("/", "https://h/a")).isFalse();
    assertThat(CanonicalResource.covers("https://h", "https://h/a")).isTrue();
    assertThat(CanonicalResource.covers("https://h", "https://hh/a")).isFalse();
    assertThat(CanonicalResource.covers("a", "a/b")).isTrue();
  }

  @Test
  void act_withWhatItMayDelegate_readsAsItWasWritten() throws Exception {
    ArtifactClaims claims = delegating(9);
    assertThat(ArtifactClaims.parse(claims.toJson())).isEqualTo(claims);
    assertThat(ExecutionRequest.parse(claims.request().jcs())).isEqualTo(claims.request());
  }
}
