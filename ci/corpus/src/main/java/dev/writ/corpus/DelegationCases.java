// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.artifact.Act;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Delegable;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Lineage;
import dev.writ.artifact.Narrowing;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * 95 to 97: what is asked for or shown under another artifact, wider than it, under another, or in a chain
 * that does not end. The parent is the {@link BundleExample}'s artifact, which may delegate.
 */
final class DelegationCases {
  private static final String WIDER = "parent_exceeded";
  private static final String DISCONTINUOUS = "authorization_discontinuity";
  private static final String NO_LINEAGE = "malformed";
  private static final String GATEWAY = "gateway";

  private final Path project;

  /**
   * @param project the folder of the whole project
   */
  DelegationCases(Path project) {
    this.project = project;
  }

  List<NegativeCase> cases() {
    return List.of(
        new NegativeCase(95, Level.VERIFIER, "child wider than its parent", this::wider),
        new NegativeCase(96, Level.VERIFIER, "child of another parent", this::ofAnother),
        new NegativeCase(97, Level.VERIFIER, "chain without end", this::endless));
  }

  private static UuidV7 id(long number) {
    return new UuidV7(new UUID(0x019a_4315_7d00_7000L, 0x8000_0000_0000_0000L | number));
  }

  private static Act act(String action, String resource, long amount, int uses) {
    return new Act(action, resource, Hash.sha256(new byte[] {1}), Map.of("amount", amount), uses);
  }

  private static ArtifactClaims parent(ArtifactClaims any) {
    Act own = act("read", "/srv/data", 10, 1);
    Delegable bound = new Delegable(List.of("read"), List.of("/srv/data"), List.of(GATEWAY), 3);
    return new ArtifactClaims(
        any.iss(),
        any.sub(),
        List.of(GATEWAY),
        any.iat(),
        any.nbf(),
        any.exp(),
        any.jti(),
        any.jkt(),
        any.tenant(),
        new Act(
            own.action(),
            own.resource(),
            own.argsDigest(),
            own.limits(),
            own.maxUses(),
            Optional.of(bound)),
        any.env(),
        any.policy(),
        any.gov(),
        any.lineage(),
        any.status(),
        any.logOrigin(),
        any.ear());
  }

  private static ExecutionRequest asked(ArtifactClaims parent, String aud, Act act) {
    return new ExecutionRequest(
        parent.iss(),
        List.of(aud),
        parent.tenant(),
        parent.sub(),
        act,
        Optional.of(parent.jti()),
        parent.jkt());
  }

  private static Observed judged(ArtifactClaims parent, ExecutionRequest child) {
    return Narrowing.judge(parent, child) instanceof Narrowing.Outcome.Within
        ? Observed.ACCEPTED
        : Observed.refused(WIDER);
  }

  private void wider(Tries tries) throws Exception {
    ArtifactClaims parent = parent(BundleExample.in(project).claims());
    tries.accepted(
        "below it", () -> judged(parent, asked(parent, GATEWAY, act("read", "/srv/data/a", 9, 1))));
    for (String resource :
        List.of(
            "/",
            "/srv",
            "/srv/database",
            "/SRV/data/a",
            "srv/data/a",
            "/srv/data/../etc",
            "/srv/data/%2e%2e/etc",
            "/srv/data/%252e%252e/etc",
            "/srv/data//a",
            "/srv/data/a/",
            "/srv/data/./a",
            "/srv/data/..;/etc",
            "/srv/data/a;x=1",
            "/srv/data/..\\etc",
            "/srv/data/*",
            "/srv/data/**/etc",
            "/srv/data/[a]",
            "/srv/data/a?b",
            "/srv/data/a#b",
            "/srv/data/\uff0e\uff0e/etc",
            "/srv/data/\u2215etc",
            "/srv/data/\u200b..",
            "/srv/data/cafe\u0301",
            "/srv/data/...",
            "/srv/data/ a",
            "//srv/data/a",
            "file:///srv/data/a",
            "https://h/srv/data/a")) {
      tries.refused(
          "resource " + resource,
          WIDER,
          () -> judged(parent, asked(parent, GATEWAY, act("read", resource, 9, 1))));
    }
    Map<String, ExecutionRequest> others = new LinkedHashMap<>();
    others.put("another action", asked(parent, GATEWAY, act("reads", "/srv/data/a", 9, 1)));
    others.put("another gateway", asked(parent, "Gateway", act("read", "/srv/data/a", 9, 1)));
    others.put("a greater limit", asked(parent, GATEWAY, act("read", "/srv/data/a", 11, 1)));
    others.put("uses that nobody counts", asked(parent, GATEWAY, act("read", "/srv/data/a", 9, 0)));
    others.put("more uses", asked(parent, GATEWAY, act("read", "/srv/data/a", 9, 4)));
    others.put(
        "no limit",
        asked(
            parent,
            GATEWAY,
            new Act("read", "/srv/data/a", Hash.sha256(new byte[] {1}), Map.of("other", 1L), 1)));
    others.forEach((what, child) -> tries.refused(what, WIDER, () -> judged(parent, child)));
  }

  private void ofAnother(Tries tries) throws Exception {
    BundleExample example = BundleExample.in(project);
    Presentation here = example.here();
    tries.accepted("nobody asks for a parent", () -> example.judged(here, example.now()));
    tries.refused(
        "another is named",
        DISCONTINUOUS,
        () -> example.judged(here.withParent(id(1)), example.now()));
    tries.refused(
        "itself is named",
        DISCONTINUOUS,
        () -> example.judged(here.withParent(example.claims().jti()), example.now()));
    ArtifactClaims parent = parent(example.claims());
    ExecutionRequest other =
        new ExecutionRequest(
            parent.iss(),
            List.of(GATEWAY),
            parent.tenant(),
            parent.sub(),
            act("read", "/srv/data/a", 9, 1),
            Optional.of(id(2)),
            parent.jkt());
    tries.refused("a request that names another", WIDER, () -> judged(parent, other));
  }

  private void endless(Tries tries) {
    tries.accepted("the longest", () -> chain(id(1), Optional.of(id(2)), id(3), Lineage.MAX_DEPTH));
    for (int depth : List.of(Lineage.MAX_DEPTH + 1, 1000, Integer.MAX_VALUE, -1)) {
      tries.refused(
          "depth " + depth, NO_LINEAGE, () -> chain(id(1), Optional.of(id(2)), id(3), depth));
    }
    tries.refused(
        "its own root, below another",
        NO_LINEAGE,
        () -> chain(id(1), Optional.of(id(2)), id(1), 1));
    tries.refused(
        "a root with a parent", NO_LINEAGE, () -> chain(id(1), Optional.of(id(2)), id(1), 0));
    tries.refused("a child of nobody", NO_LINEAGE, () -> chain(id(1), Optional.empty(), id(3), 1));
  }

  private static Observed chain(UuidV7 execution, Optional<UuidV7> parent, UuidV7 root, int depth) {
    try {
      var unused = new Lineage(execution, parent, root, depth);
      return Observed.ACCEPTED;
    } catch (IllegalArgumentException e) {
      return Observed.refused(NO_LINEAGE);
    }
  }
}
