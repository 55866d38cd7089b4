import { simulationTests } from './simulation-tests.js'

simulationTests(2501, 2500)
