import { scenarioTests } from './scenario-tests.js'

scenarioTests(4000, 550)
