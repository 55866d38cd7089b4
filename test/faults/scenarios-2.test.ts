import { scenarioTests } from './scenario-tests.js'

scenarioTests(2000, 550)
