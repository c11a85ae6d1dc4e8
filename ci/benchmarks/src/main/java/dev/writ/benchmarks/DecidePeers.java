// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import com.cedarpolicy.BasicAuthorizationEngine;
import com.cedarpolicy.model.AuthorizationRequest;
import com.cedarpolicy.model.AuthorizationResponse;
import com.cedarpolicy.model.policy.PolicySet;
import com.cedarpolicy.value.EntityTypeName;
import com.cedarpolicy.value.EntityUID;
import com.cedarpolicy.value.PrimBool;
import com.cedarpolicy.value.PrimLong;
import com.cedarpolicy.value.PrimString;
import com.cedarpolicy.value.Value;
import com.styra.opa.wasm.OpaPolicy;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Others' engines in Java, each used as its documentation shows. */
final class DecidePeers {
  private static final String MODULE = "/decide.wasm";

  private DecidePeers() {}

  static List<Decide.Engine> of(DecideRules rules, List<DecideRules.Asked> requests)
      throws Exception {
    return List.of(new OpaWasm(rules, requests), new Cedar(rules, requests));
  }

  /** OPA's compiled policy in a WASM machine that is written in Java. */
  private static final class OpaWasm implements Decide.Engine {
    private final OpaPolicy policy;
    private final List<String> inputs;

    OpaWasm(DecideRules rules, List<DecideRules.Asked> requests) throws IOException {
      try (InputStream module = DecidePeers.class.getResourceAsStream(MODULE)) {
        if (module == null) {
          throw new IllegalStateException("bug: the jar must hold " + MODULE + ", and does not");
        }
        this.policy =
            OpaPolicy.builder()
                .withPolicy(module)
                .build()
                .entrypoint("rules_" + rules.rules() + "/allow");
      }
      this.inputs = requests.stream().map(DecideRules::json).toList();
    }

    @Override
    public String name() {
      return "opa-wasm";
    }

    @Override
    public boolean allows(int i) {
      // Its memory grows with each input until data is given again.
      return policy.data("{}").evaluate(inputs.get(i)).equals("[{\"result\":true}]");
    }
  }

  /** Cedar's engine, which is native, through its Java binding. */
  private static final class Cedar implements Decide.Engine {
    private final BasicAuthorizationEngine engine = new BasicAuthorizationEngine();
    private final PolicySet policies;
    private final List<AuthorizationRequest> requests;

    Cedar(DecideRules rules, List<DecideRules.Asked> requests) throws Exception {
      this.policies = PolicySet.parsePolicies(rules.cedar());
      policies.cache();
      this.requests = requests.stream().map(Cedar::request).toList();
    }

    private static AuthorizationRequest request(DecideRules.Asked asked) {
      Map<String, Value> context =
          Map.of(
              "action", new PrimString(asked.action()),
              "max_uses", new PrimLong(asked.maxUses()),
              "host", new PrimString(asked.host()),
              "pcrs_match", new PrimBool(true),
              "frozen", new PrimBool(false));
      return new AuthorizationRequest(
          entity("Host"), entity("Action"), entity("Resource"), context);
    }

    private static EntityUID entity(String type) {
      return new EntityUID(EntityTypeName.parse(type).orElseThrow(), "one");
    }

    @Override
    public String name() {
      return "cedar-java";
    }

    @Override
    public boolean allows(int i) throws Exception {
      AuthorizationResponse response = engine.isAuthorized(requests.get(i), policies, Set.of());
      return response.success.orElseThrow().isAllowed();
    }
  }
}
